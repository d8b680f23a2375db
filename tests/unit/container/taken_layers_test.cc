// A template that does not come about gives back what it took, whatever ended it.
#include "container/taken_layers.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "base/log.h"
#include "container/template_store.h"
#include "kernel/file.h"

namespace agentbox::container {
namespace {

namespace fs = std::filesystem;

// A layer in the directory `origin`, and a store beside it.
struct Layered {
  Layered() {
    std::string name = "/tmp/agentbox-unit.XXXXXX";
    base = ::mkdtemp(name.data());
    origin = base + "/origin";
    fs::create_directories(origin + "/upper");
    std::ofstream(origin + "/upper/file") << "changed";
  }
  Layered(const Layered&) = delete;
  Layered& operator=(const Layered&) = delete;
  ~Layered() { fs::remove_all(base); }

  TemplateStore Store() const { return TemplateStore(base + "/@templates"); }

  // A template "dev" for which the layer was taken.
  Result<NewTemplate> Taken() const {
    NewTemplate made = TRY(NewTemplate::Begin(Store(), "dev"));
    TRY(made.Describe({.name = "dev"}));
    fs::create_directories(Temporary() + "/layer/home");
    const UniqueFd layers = TRY(kernel::Open(AT_FDCWD, origin, O_PATH | O_DIRECTORY));
    TRY(made.Take(layers, "layer/home/a"));
    return made;
  }

  static std::string NameOf(pid_t pid) { return ".new-dev." + std::to_string(pid); }
  std::string Temporary(pid_t pid = ::getpid()) const {
    return base + "/@templates/" + NameOf(pid);
  }

  // A process that has taken the layer, and then ends with nothing undone.
  pid_t TakeAndDie() const {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto made = Taken();
      ::_exit(made ? 0 : 1);
    }
    int status = -1;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST_REQUIRE(status == 0);
    BOOST_TEST(!fs::exists(origin + "/upper"));
    return child;
  }

  // How many gc has removed.
  std::size_t Collected() const {
    const auto removed = Store().CollectGarbage(silent);
    BOOST_TEST_REQUIRE(removed.has_value());
    return removed->size();
  }

  bool IsWhole() const { return fs::exists(origin + "/upper/file"); }

  std::string base;
  std::string origin;
  Log silent{UniqueFd(), LogFormat::kText, LogLevel::kInfo};
};

BOOST_FIXTURE_TEST_SUITE(template_taken_layers, Layered)

BOOST_AUTO_TEST_CASE(what_is_finished_keeps_them) {
  {
    auto made = Taken();
    BOOST_TEST_REQUIRE(made.has_value());
    BOOST_TEST(!IsWhole());
    BOOST_TEST(made->Finish().has_value());
  }
  BOOST_TEST(fs::exists(base + "/@templates/dev/layer/home/a/file"));
  BOOST_TEST(!fs::exists(base + "/@templates/dev/taken"));
  BOOST_TEST(Store().Read("dev").has_value());
}

BOOST_AUTO_TEST_CASE(what_fails_after_that_gives_them_back) {
  {
    auto made = Taken();
    BOOST_TEST_REQUIRE(made.has_value());
    fs::create_directories(base + "/@templates/dev");
    BOOST_TEST((made->Finish().error().Kind() == ErrorKind::kAlreadyExists));
  }
  BOOST_TEST(IsWhole());
  BOOST_TEST(!fs::exists(Temporary()));
}

BOOST_AUTO_TEST_CASE(a_name_is_nobody_elses_meanwhile) {
  const auto made = Taken();
  BOOST_TEST_REQUIRE(made.has_value());
  const auto other = NewTemplate::Begin(Store(), "dev");
  BOOST_TEST_REQUIRE(!other.has_value());
  BOOST_TEST((other.error().Kind() == ErrorKind::kAlreadyExists));
  // Names that begin like it are others'.
  BOOST_TEST(NewTemplate::Begin(Store(), "de").has_value());
  BOOST_TEST(NewTemplate::Begin(Store(), "dev.1").has_value());
}

BOOST_AUTO_TEST_CASE(gc_gives_back_what_a_killed_command_took) {
  const pid_t dead = TakeAndDie();
  BOOST_TEST(Collected() == 1U);
  BOOST_TEST(IsWhole());
  BOOST_TEST(!fs::exists(Temporary(dead)));
}

BOOST_AUTO_TEST_CASE(they_can_be_had_back_before_that_and_twice) {
  const pid_t dead = TakeAndDie();
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(Store().GiveLayersBack().has_value());
    BOOST_TEST(IsWhole());
  }
  BOOST_TEST(fs::exists(Temporary(dead)));
  BOOST_TEST(Collected() == 1U);
  BOOST_TEST(IsWhole());
}

BOOST_AUTO_TEST_CASE(one_that_is_at_work_keeps_what_it_took) {
  const auto made = Taken();
  BOOST_TEST_REQUIRE(made.has_value());
  BOOST_TEST(Store().GiveLayersBack().has_value());
  BOOST_TEST(Collected() == 0U);
  BOOST_TEST(!IsWhole());
}

BOOST_AUTO_TEST_CASE(one_that_has_no_place_any_more_stays_or_goes_with_its_owner) {
  const pid_t dead = TakeAndDie();
  fs::create_directories(origin + "/upper");
  BOOST_TEST(Collected() == 0U);
  BOOST_TEST(fs::exists(Temporary(dead) + "/layer/home/a/file"));
  fs::remove_all(origin);
  BOOST_TEST(Collected() == 1U);
  BOOST_TEST(!fs::exists(Temporary(dead)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
