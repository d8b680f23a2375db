// What is on disk when: a machine that stops in the middle of an apply, or right after it, loses
// neither what there was nor what the agent made. As root.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/log.h"
#include "container/apply_review.h"
#include "review/store.h"
#include "support/files.h"
#include "support/layered_tree.h"
#include "support/watched_calls.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr const char* kReview = "store/@reviews/test";

// What was called before the review was removed, which begins with its record.
Strings UntilRemoval(Strings calls) {
  const std::string first = "rename " + std::string(kReview) + "/review.json";
  const auto end = std::ranges::find_if(
      calls, [&first](const std::string& call) { return call.starts_with(first); });
  BOOST_REQUIRE(end != calls.end());
  calls.erase(end, calls.end());
  return calls;
}

// A line each, with REVIEW for the review's directory.
std::string Joined(const Strings& calls) {
  std::string text;
  for (const std::string& call : calls)
    text += call + "\n";
  const std::string review = kReview;
  for (auto at = text.find(review); at != std::string::npos; at = text.find(review))
    text.replace(at, review.size(), "REVIEW");
  return text;
}

// A tree whose layer is a review's, in a store beside it.
class Reviewed : public LayeredTree {
 public:
  explicit Reviewed(const std::string& script) : LayeredTree(script) {}

  std::string Top() const { return fs::path(Real()).parent_path(); }

  void End() {
    LayeredTree::End();
    struct timespec now = {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto made = review::Make(
        Top() + "/store",
        {.name = "test",
         .container = "none",
         .state_root = Top() + "/root",
         .command = {"true"},
         .started = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec,
         .mounts = {{.destination = "/work", .source = Real(), .directory = "mount-0"}}});
    BOOST_REQUIRE(made.has_value());
    fs::rename(Upper(), Top() + "/" + kReview + "/mount-0/upper");
    WriteFile(Policy(), R"({"scratch": {"directory": ")" + Top() + R"(/store"}})");
  }

  // The calls of `agentbox apply`, which applies all.
  Strings ApplyReview() const {
    const RecordedCalls calls(Top());
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(ApplyInThisProcess());
    int status = -1;
    ::waitpid(pid, &status, 0);
    BOOST_TEST(status == 0);
    return calls.Lines();
  }

 private:
  std::string Policy() const { return Top() + "/policy.json"; }

  int ApplyInThisProcess() const {
    const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    ::dup2(null.Get(), STDOUT_FILENO);
    const Log log(UniqueFd(), LogFormat::kText, LogLevel::kWarning);
    const container::Runtime runtime = {
        .root = Top() + "/root", .log = &log, .policy_file = Policy()};
    const auto applied = container::ApplyReview(runtime, {.words = {"test"}});
    if (!applied) log.Error(applied.error().ToString());
    return applied.value_or(2);
  }
};

BOOST_AUTO_TEST_SUITE(synced_apply)

BOOST_AUTO_TEST_CASE(a_copy_is_on_disk_before_it_has_a_name_and_the_name_before_the_review_goes) {
  Reviewed tree("echo 1 > file");
  tree.Agent("echo 2 > file");
  tree.End();
  BOOST_TEST(Joined(UntilRemoval(tree.ApplyReview())) ==
             "syncfs REVIEW/mount-0/upper\n"
             "unlink REVIEW/mount-0/staging\n"
             "fsync (unnamed)\n"
             "link real/.agentbox-apply-test@mount-0\n"
             "rename real/.agentbox-apply-test@mount-0 real/.agentbox-apply-test@mount-0@replaced\n"
             "exchange real/.agentbox-apply-test@mount-0@replaced real/file\n"
             "unlink real/.agentbox-apply-test@mount-0@replaced\n"
             "unlink REVIEW/mount-0.exchange\n"
             "fsync real\n");
}

BOOST_AUTO_TEST_CASE(what_is_new_or_has_another_mode_is_on_disk_in_its_directory) {
  Reviewed tree("mkdir d; echo 1 > d/file");
  tree.Agent("mkdir new; echo 2 > new/file; chmod 600 d/file");
  tree.End();
  BOOST_TEST(Joined(UntilRemoval(tree.ApplyReview())) ==
             "syncfs REVIEW/mount-0/upper\n"
             "unlink REVIEW/mount-0/staging\n"
             "fsync real/d/file\n"
             "fsync real/.agentbox-apply-test@mount-0\n"
             "rename real/.agentbox-apply-test@mount-0 real/new\n"
             "fsync real\n"
             "fsync (unnamed)\n"
             "link real/new/.agentbox-apply-test@mount-0\n"
             "rename real/new/.agentbox-apply-test@mount-0 real/new/file\n"
             "fsync real/new\n");
}

// Else the layer would say that the directory is complete, and of what was in it nothing were left.
BOOST_AUTO_TEST_CASE(what_completes_a_renamed_directory_is_on_disk_before_the_mark_that_says_so) {
  Reviewed tree("mkdir old; echo 1 > old/file");
  tree.Agent("mv old renamed");
  tree.End();
  const Strings calls = UntilRemoval(tree.ApplyReview());
  Strings in_layer;
  std::ranges::copy_if(calls, std::back_inserter(in_layer), [](const std::string& call) {
    return call.find(kReview) != std::string::npos;
  });
  BOOST_TEST(Joined(in_layer) ==
             "syncfs REVIEW/mount-0/upper\n"
             "fsync REVIEW/mount-0/staging/copy\n"
             "rename REVIEW/mount-0/staging/copy REVIEW/mount-0/upper/renamed/file\n"
             "syncfs REVIEW/mount-0/upper/renamed\n"
             "mark REVIEW/mount-0/upper/renamed trusted.overlay.opaque\n"
             "fsync REVIEW/mount-0/upper/renamed\n"
             "unlink REVIEW/mount-0/staging\n");
}

BOOST_AUTO_TEST_CASE(each_directory_in_which_a_name_was_changed_is_on_disk_before_the_review_goes) {
  Reviewed tree("mkdir -p d/e old gone/e; echo 1 | tee d/a d/e/b old/c gone/d gone/e/f > l");
  tree.Agent(
      "echo 2 > d/a; rm d/e/b; mv old renamed; rm -r gone; mkdir -p n/m; ln l n/m/l; ln -s x n/s; "
      "rm -r d/e; echo file > d/e");
  tree.End();
  const Strings calls = UntilRemoval(tree.ApplyReview());
  std::set<std::string> changed;
  for (const std::string& call : calls) {
    const std::string path = call.substr(call.rfind(' ') + 1);
    if (call.starts_with("fsync ")) changed.erase(path);
    const bool is_in_tree = path.starts_with("real/") && !call.starts_with("fsync ");
    if (is_in_tree) changed.insert(path.substr(0, path.rfind('/')));
  }
  for (const std::string& directory : changed)
    BOOST_ERROR("changed in memory alone: " + directory);
  BOOST_TEST(std::ranges::count(calls, "fsync real") > 0);
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
