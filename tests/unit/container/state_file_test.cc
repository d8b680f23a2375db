#include "container/state_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

StateFile Example() {
  return {.oci_version = "1.2.0",
          .id = "c1",
          .bundle = "/b \"quoted\"",
          .rootfs = "/b/rootfs",
          .system = "debian 12",
          .created = "2026-01-02T03:04:05.000000006Z",
          .owner = "root",
          .annotations = {{"a.b", "c\nd"}},
          .pid = 42,
          .pid_start_time = ~std::uint64_t{0},
          .is_created = true,
          .is_started = true,
          .scratch_directory = "/var/lib/agentbox/c1",
          .template_use = "/var/lib/agentbox/@templates/dev/users/c1.0",
          .review_base = "/var/lib/agentbox",
          .review = "brave-otter",
          .id_range = 1879048192,
          .id_maps = {.uids = {{0, 1879048192, 65536}}, .gids = {{0, 1, 2}, {3, 4, 5}}},
          .cgroup = {.driver = plan::CgroupDriver::kSystemd,
                     .mode = plan::CgroupMode::kHybrid,
                     .directories = {{"", "/sys/fs/cgroup/unified/c1"}, {"pids", "/p"}},
                     .unit = "c1.scope",
                     .user_bus = true},
          .has_late_steps = true};
}

struct Root {
  Root() {
    std::string name = "/tmp/agentbox-unit.XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Root() { std::filesystem::remove_all(path); }
  std::string path;
};

std::string TextOf(const Error& error) {
  return error.ToString();
}

BOOST_AUTO_TEST_SUITE(state_file)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const StateFile state = Example();
  const auto read = FromJson(ToJson(state));
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(ToJson(*read) == ToJson(state));
  BOOST_TEST(read->pid_start_time == ~std::uint64_t{0});
  BOOST_TEST((read->id_maps == state.id_maps));
  BOOST_TEST(read->template_use == state.template_use);
  BOOST_TEST((read->cgroup.directories == state.cgroup.directories));
  BOOST_TEST((read->cgroup.mode == plan::CgroupMode::kHybrid));
  BOOST_TEST(read->has_late_steps);
  BOOST_TEST(read->review == "brave-otter");
}

BOOST_AUTO_TEST_CASE(a_directory_has_one_maker_and_is_found_until_removed) {
  const Root root;
  const std::string below = root.path + "/not/there";
  {
    const auto made = StateDirectory::Make(below, "c1");
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made->Write(Example()).has_value());
  }
  const auto again = StateDirectory::Make(below, "c1");
  BOOST_REQUIRE(!again.has_value());
  BOOST_TEST((again.error().Kind() == ErrorKind::kAlreadyExists));
  {
    const auto opened = StateDirectory::Open(below, "c1");
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(opened->Path() == below + "/c1");
    BOOST_TEST(opened->Read()->id == "c1");
    BOOST_TEST(opened->Remove().has_value());
  }
  const auto gone = StateDirectory::Open(below, "c1");
  BOOST_REQUIRE(!gone.has_value());
  BOOST_TEST(TextOf(gone.error()) == "container \"c1\" does not exist");
  BOOST_TEST((gone.error().Kind() == ErrorKind::kNotFound));
}

BOOST_AUTO_TEST_CASE(the_directory_is_locked_while_the_object_lives) {
  const Root root;
  const auto is_free = [&root] {
    const UniqueFd fd(::open((root.path + "/c1").c_str(), O_RDONLY | O_CLOEXEC));
    return ::flock(fd.Get(), LOCK_EX | LOCK_NB) == 0;
  };
  {
    auto made = StateDirectory::Make(root.path, "c1");
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(!is_free());
    const StateDirectory moved = std::move(*made);
    BOOST_TEST(!is_free());
    // A copy of the descriptor, as a cloned process has it, does not keep the lock.
    const UniqueFd copy(::dup(moved.Get()));
  }
  BOOST_TEST(is_free());
}

BOOST_AUTO_TEST_CASE(a_directory_without_a_readable_state_is_half_made) {
  const Root root;
  const auto made = StateDirectory::Make(root.path, "c1");
  BOOST_REQUIRE(made.has_value());
  BOOST_TEST(TextOf(made->Read().error()) == "it is half-made: it has no state.json");
  std::ofstream(root.path + "/c1/state.json") << "{\"id\":1}";
  const auto read = made->Read();
  BOOST_REQUIRE(!read.has_value());
  BOOST_TEST((read.error().Kind() == ErrorKind::kWrongState));
}

BOOST_AUTO_TEST_CASE(only_ids_are_listed_and_sorted) {
  const Root root;
  for (const char* name : {"/b", "/a.1", "/@ids"}) {
    std::filesystem::create_directory(root.path + name);
  }
  BOOST_TEST((*ListIds(root.path) == std::vector<std::string>{"a.1", "b"}));
  BOOST_TEST(ListIds(root.path + "/none")->empty());
}

BOOST_AUTO_TEST_CASE(ids_are_of_runcs_characters) {
  for (const char* id : {"a", "A_b+c.d-0", "...", "-x"})
    BOOST_TEST(CheckId(id).has_value());
  for (const char* id : {"", ".", "..", "a/b", "../x", "a b", "\xc3\xa4", "a\n", "a:b"}) {
    BOOST_TEST(!CheckId(id).has_value());
    BOOST_TEST(!StateDirectory::Open("/nonexistent", id).has_value());
  }
  BOOST_TEST(CheckId(std::string(1024, 'x')).has_value());
  BOOST_TEST(!CheckId(std::string(1025, 'x')).has_value());
  BOOST_TEST(
      TextOf(CheckId("a\nb").error()) ==
      "the id \"a\\x0ab\" is none: expected 1 to 1024 of A-Z a-z 0-9 _ + . -, and not . or ..");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
