#include "review/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "kernel/file.h"
#include "review/opened_layer.h"
#include "review/summary.h"

namespace agentbox::review {
namespace {

namespace fs = std::filesystem;

struct Base {
  Base() {
    std::string name = "/tmp/agentbox-unit.XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Base() { fs::remove_all(path); }
  std::string path;
};

Record Example(const std::string& name, std::int64_t started = 1) {
  return {.name = name,
          .container = "c1",
          .state_root = "/run/agentbox",
          .command = {"true"},
          .started = started,
          .mounts = {{.destination = "/work", .source = "/src", .directory = "mount-0"}}};
}

BOOST_AUTO_TEST_SUITE(review_store)

BOOST_AUTO_TEST_CASE(a_review_is_there_until_it_is_removed) {
  const Base base;
  const std::string below = base.path + "/not/there";
  BOOST_TEST(List(below)->records.empty());
  BOOST_TEST(*Make(below, Example("brave-otter")) == "brave-otter");
  struct stat status = {};
  BOOST_REQUIRE(::stat((below + "/@reviews").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0700U);

  BOOST_REQUIRE(List(below)->records.size() == 1U);
  BOOST_TEST((List(below)->records.front() == Example("brave-otter")));
  auto review = Open(below, "brave-otter", Access::kWrite);
  BOOST_REQUIRE(review.has_value());
  BOOST_TEST((review->Contents() == Example("brave-otter")));
  BOOST_TEST(Remove(std::move(*review)).has_value());
  BOOST_TEST(List(below)->records.empty());
  BOOST_TEST((Open(below, "brave-otter", Access::kWrite).error().Kind() == ErrorKind::kNotFound));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_gets_a_number_and_the_list_is_by_age) {
  const Base base;
  BOOST_TEST(*Make(base.path, Example("a", 3)) == "a");
  BOOST_TEST(*Make(base.path, Example("a", 2)) == "a-2");
  BOOST_TEST(*Make(base.path, Example("a", 1)) == "a-3");
  std::string names;
  const auto listing = List(base.path);
  BOOST_REQUIRE(listing.has_value());
  for (const Record& record : listing->records)
    names += record.name + " ";
  BOOST_TEST(names == "a-3 a-2 a ");
}

BOOST_AUTO_TEST_CASE(one_that_is_damaged_is_named_and_hides_no_other) {
  const Base base;
  BOOST_REQUIRE(Make(base.path, Example("damaged")).has_value());
  BOOST_REQUIRE(Make(base.path, Example("whole")).has_value());
  const std::string record = base.path + "/@reviews/damaged/review.json";
  std::ofstream(record, std::ios::trunc) << "{";
  const auto listing = List(base.path);
  BOOST_REQUIRE(listing.has_value());
  BOOST_REQUIRE(listing->records.size() == 1U);
  BOOST_TEST(listing->records.front().name == "whole");
  BOOST_REQUIRE(listing->damaged.size() == 1U);
  BOOST_TEST(listing->damaged.front().error.ToString().starts_with(
      base.path + "/@reviews/damaged: review.json: "));
  BOOST_TEST(RemoveDead(base.path)->removed.empty());
}

// Otherwise two have one name, and what is said of one is done to the other.
BOOST_AUTO_TEST_CASE(a_copy_is_damaged_and_so_is_a_record_of_no_name) {
  const Base base;
  BOOST_REQUIRE(Make(base.path, Example("a")).has_value());
  fs::copy(base.path + "/@reviews/a", base.path + "/@reviews/b", fs::copy_options::recursive);
  BOOST_REQUIRE(Make(base.path, Example("c")).has_value());
  std::ofstream(base.path + "/@reviews/c/review.json", std::ios::trunc)
      << ToJson(Example("../../x"));
  const auto listing = List(base.path);
  BOOST_REQUIRE((listing && listing->records.size() == 1U && listing->damaged.size() == 2U));
  const std::string errors =
      listing->damaged[0].error.ToString() + "\n" + listing->damaged[1].error.ToString() + "\n";
  for (const std::string part : {"/b: review.json: is that of a review \"a\"\n",
                                 "/c: review.json: is that of a review \"../../x\"\n"})
    BOOST_TEST(errors.find(part) != std::string::npos, errors);
  BOOST_TEST(!Open(base.path, "b", Access::kRead).has_value());
  BOOST_TEST(RemoveDamaged(base.path, "b").has_value());
  BOOST_TEST(Open(base.path, "a", Access::kRead).has_value());
}

BOOST_AUTO_TEST_CASE(one_that_is_damaged_can_be_removed_by_its_name) {
  const Base base;
  BOOST_REQUIRE(Make(base.path, Example("damaged")).has_value());
  std::ofstream(base.path + "/@reviews/damaged/review.json", std::ios::trunc) << "{";
  fs::create_directories(base.path + "/@reviews/damaged/mount-0/upper/directory");
  BOOST_TEST(List(base.path)->damaged.front().name == "damaged");
  BOOST_TEST(!Open(base.path, "damaged", Access::kWrite).has_value());
  {
    const std::string path = base.path + "/@reviews/damaged/lock";
    const UniqueFd lock = *kernel::Open(AT_FDCWD, path, O_WRONLY);
    BOOST_TEST(*kernel::TryLock(lock.Get()));
    BOOST_TEST((RemoveDamaged(base.path, "damaged").error().Kind() == ErrorKind::kWrongState));
  }
  BOOST_TEST(RemoveDamaged(base.path, "damaged").has_value());
  BOOST_TEST(!fs::exists(base.path + "/@reviews/damaged"));
  BOOST_TEST((RemoveDamaged(base.path, "damaged").error().Kind() == ErrorKind::kNotFound));
  BOOST_TEST((RemoveDamaged(base.path, "../x").error().Kind() == ErrorKind::kUsage));
}

BOOST_AUTO_TEST_CASE(what_is_removed_while_it_is_measured_has_no_size) {
  const Base base;
  for (const bool is_in_image : {false, true}) {
    Record record = Example("going");
    record.is_in_image = is_in_image;
    fs::create_directories(base.path + "/@reviews/going");
    const auto size = SizeOf(base.path, record);
    BOOST_TEST((size && *size == 0));
  }
}

BOOST_AUTO_TEST_CASE(several_read_a_review_and_who_only_looks_stops_nobody) {
  const Base base;
  BOOST_REQUIRE(Make(base.path, Example("a")).has_value());
  const auto looking = Open(base.path, "a", Access::kLook);
  {
    const auto first = Open(base.path, "a", Access::kRead);
    const auto second = Open(base.path, "a", Access::kRead);
    BOOST_TEST((first && second));
    BOOST_TEST((Open(base.path, "a", Access::kWrite).error().Kind() == ErrorKind::kWrongState));
  }
  const auto writing = Open(base.path, "a", Access::kWrite);
  BOOST_TEST(writing.has_value());
  BOOST_TEST((Open(base.path, "a", Access::kRead).error().Kind() == ErrorKind::kWrongState));
  BOOST_TEST(Open(base.path, "a", Access::kLook).has_value());
}

BOOST_AUTO_TEST_CASE(one_command_at_a_time_works_on_a_review) {
  const Base base;
  BOOST_REQUIRE(Make(base.path, Example("a")).has_value());
  {
    const auto first = Open(base.path, "a", Access::kWrite);
    BOOST_REQUIRE(first.has_value());
    const auto second = Open(base.path, "a", Access::kWrite);
    BOOST_REQUIRE(!second.has_value());
    BOOST_TEST((second.error().Kind() == ErrorKind::kWrongState));
    BOOST_TEST(second.error().ToString() == "another command is at work on the review \"a\"");
  }
  BOOST_TEST(Open(base.path, "a", Access::kWrite).has_value());
}

BOOST_AUTO_TEST_CASE(what_leads_out_of_the_store_is_not_followed) {
  const Base base;
  BOOST_REQUIRE(Make(base.path, Example("a")).has_value());
  for (const char* name : {"", ".", "..", "../a", "a/b", "-a", ".a", "a b", "a\n", "\xc3\xa4"})
    BOOST_TEST((Open(base.path, name, Access::kWrite).error().Kind() == ErrorKind::kUsage), name);

  fs::create_directory(base.path + "/outside");
  std::ofstream(base.path + "/outside/review.json") << ToJson(Example("link"));
  std::ofstream(base.path + "/outside/lock");
  fs::create_directory_symlink(base.path + "/outside", base.path + "/@reviews/link");
  BOOST_TEST(!Open(base.path, "link", Access::kWrite).has_value());
  BOOST_TEST(List(base.path)->records.size() == 1U);

  fs::create_directory(base.path + "/@reviews/a/mount-0/real");
  fs::create_directory_symlink(base.path + "/outside", base.path + "/@reviews/a/mount-0/upper");
  const auto review = Open(base.path, "a", Access::kWrite);
  BOOST_REQUIRE(review.has_value());
  const ReviewedMount& mount = review->Contents().mounts.front();
  BOOST_TEST((OpenLayer(*review, mount).error().Errno() == ELOOP));
  ReviewedMount outside = mount;
  outside.directory = "../../outside";
  BOOST_TEST((OpenLayer(*review, outside).error().Errno() == EXDEV));
}

BOOST_AUTO_TEST_CASE(a_layer_is_opened_and_goes_with_its_review_but_not_what_it_points_to) {
  const Base base;
  BOOST_REQUIRE(Make(base.path, Example("a")).has_value());
  const std::string upper = base.path + "/@reviews/a/mount-0/upper";
  fs::create_directory(upper);
  fs::create_directory(base.path + "/outside");
  std::ofstream(base.path + "/outside/file") << "x";
  fs::create_directory_symlink(base.path + "/outside", upper + "/link");
  auto review = Open(base.path, "a", Access::kWrite);
  BOOST_REQUIRE(review.has_value());
  const auto layers = review->OpenLayers(review->Contents().mounts.front());
  BOOST_REQUIRE(layers.has_value());
  BOOST_TEST(*kernel::Exists(layers->Get(), "upper/link"));
  BOOST_TEST(Remove(std::move(*review)).has_value());
  BOOST_TEST(!fs::exists(base.path + "/@reviews/a"));
  BOOST_TEST(fs::exists(base.path + "/outside/file"));
}

BOOST_AUTO_TEST_CASE(what_is_marked_as_no_review_is_removed_and_nothing_else) {
  const Base base;
  BOOST_TEST(RemoveDead(base.path)->removed.empty());
  BOOST_REQUIRE(Make(base.path, Example("a")).has_value());
  fs::create_directories(base.path + "/@reviews/half/mount-0/upper/x");
  std::ofstream(base.path + "/@reviews/half/no-review.json");
  BOOST_TEST(List(base.path)->records.size() == 1U);
  BOOST_TEST((Open(base.path, "half", Access::kWrite).error().Kind() == ErrorKind::kNotFound));
  BOOST_TEST((RemoveDead(base.path)->removed == std::vector<std::string>{"half"}));
  BOOST_TEST(!fs::exists(base.path + "/@reviews/half"));
  BOOST_TEST(Open(base.path, "a", Access::kWrite).has_value());
}

BOOST_AUTO_TEST_CASE(one_whose_record_is_lost_is_damaged_and_kept) {
  const Base base;
  for (const char* const lost : {"review.json", "lock"}) {
    if (!fs::exists(base.path + "/@reviews/a")) BOOST_REQUIRE(Make(base.path, Example("a")));
    fs::create_directories(base.path + "/@reviews/a/mount-0/upper/work");
    fs::remove(base.path + "/@reviews/a/" + lost);
    BOOST_TEST(RemoveDead(base.path)->removed.empty());
    const auto listing = List(base.path);
    BOOST_REQUIRE((listing && listing->damaged.size() == 1U));
    BOOST_TEST(listing->damaged.front().error.ToString() ==
               base.path + "/@reviews/a: review.json: is lost");
  }
  BOOST_TEST(RemoveDamaged(base.path, "a").has_value());
  BOOST_TEST(!fs::exists(base.path + "/@reviews/a"));
}

// Killed at any step of its end, it is none; a directory is made first, and removed last.
BOOST_AUTO_TEST_CASE(what_is_left_of_a_making_or_removal_is_no_damage) {
  const Base base;
  for (const std::string file : {"", "lock", "no-review.json"}) {
    const std::string left = base.path + "/@reviews/left";
    fs::create_directories(left);
    if (!file.empty()) std::ofstream(left + "/" + file);
    BOOST_TEST(List(base.path)->damaged.empty());
    BOOST_TEST((RemoveDead(base.path)->removed == std::vector<std::string>{"left"}));
  }
  const auto draft = Draft::Begin(base.path, "a");
  BOOST_REQUIRE(draft.has_value());
  fs::create_directories(base.path + "/@reviews/a/mount-0");
  BOOST_TEST(List(base.path)->damaged.empty());
}

BOOST_AUTO_TEST_CASE(what_somebody_else_is_removing_is_left_to_them) {
  const Base base;
  BOOST_REQUIRE(Make(base.path, Example("a")).has_value());
  {
    const auto review = Open(base.path, "a", Access::kWrite);
    BOOST_REQUIRE(review.has_value());
    fs::rename(base.path + "/@reviews/a/review.json", base.path + "/@reviews/a/no-review.json");
    BOOST_TEST(RemoveDead(base.path)->removed.empty());
    BOOST_TEST(fs::exists(base.path + "/@reviews/a/lock"));
  }
  BOOST_TEST((RemoveDead(base.path)->removed == std::vector<std::string>{"a"}));
}

BOOST_AUTO_TEST_CASE(made_up_names_are_names_and_many) {
  std::set<std::string> names;
  for (int i = 0; i < 64; ++i) {
    const auto name = MadeUpName();
    BOOST_REQUIRE(name.has_value());
    BOOST_TEST(CheckName(*name).has_value(), *name);
    names.insert(*name);
  }
  BOOST_TEST(names.size() > 32U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
