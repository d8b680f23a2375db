// What `diff` and `apply` cost: they read what was changed alone, need no memory for what is in
// files, and tell whoever waits at a terminal how far they are.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/do_box.h"
#include "support/terminal.h"
#include "support/watched_directory.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

struct Reviewing : DoBox {
  Reviewing() = default;
  Reviewing(const Reviewing&) = delete;
  Reviewing& operator=(const Reviewing&) = delete;
  ~Reviewing() { DiscardReviews(); }

  void Review(const std::string& script) const { OutputOf(script, {"--review"}); }

  // agentbox WORDS... in the tree, which must succeed, after `setting` of sh(1).
  std::string Agentbox(const std::string& words, const std::string& setting = "true") const {
    const Outcome outcome =
        RunCommand({"sh", "-ec", setting + "; exec " + AgentboxPath() + " " + words},
                   {.directory = tree.Path()});
    BOOST_TEST(outcome.status == 0, words << ": " << outcome.errors);
    return outcome.output;
  }
};

// Standard output of a program that has to wait when it has filled the pipe.
class Pipe {
 public:
  explicit Pipe(std::string path) : path_(std::move(path)) {
    BOOST_REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
    reader_.Reset(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    BOOST_REQUIRE(reader_);
  }

  const std::string& Path() const { return path_; }

  bool IsFull() const {
    int size = 0;
    ::ioctl(reader_.Get(), FIONREAD, &size);
    return size >= ::fcntl(reader_.Get(), F_GETPIPE_SZ);
  }

  // All that comes until the end.
  std::string Read() const {
    ::fcntl(reader_.Get(), F_SETFL, 0);
    std::string text;
    std::array<char, 65536> buffer;
    for (ssize_t size = 0; (size = ::read(reader_.Get(), buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(size));
    return text;
  }

 private:
  std::string path_;
  UniqueFd reader_;
};

BOOST_FIXTURE_TEST_SUITE(review_costs, Reviewing)

BOOST_AUTO_TEST_CASE(directories_in_which_nothing_was_changed_are_not_read) {
  for (const char* const directory : {"untouched/deep", "src/untouched", "src/changed", "old"}) {
    fs::create_directories(tree / directory);
    WriteFile(tree / (std::string(directory) + "/file"), "host\n");
  }
  // Of the same size: only a look into both tells that they differ.
  Review(
      "echo sand > src/changed/file; echo in > src/new; rm -r old; mkdir made; echo > made/file");
  const WatchedDirectory beside(tree / "untouched");
  const WatchedDirectory below(tree / "untouched/deep");
  const WatchedDirectory in_changed(tree / "src/untouched");
  const WatchedDirectory changed(tree / "src/changed");
  const auto check_none_was_read = [&](const char* command) {
    BOOST_TEST(!beside.WasRead(), command);
    BOOST_TEST(!below.WasRead(), command);
    BOOST_TEST(!in_changed.WasRead(), command);
    BOOST_TEST(changed.WasRead(), command);
  };
  for (const char* const command : {"diff", "diff -p", "apply -n"}) {
    Agentbox(command);
    check_none_was_read(command);
  }
  BOOST_TEST(Agentbox("apply") == "6 applied\n");
  check_none_was_read("apply");
}

BOOST_AUTO_TEST_CASE(files_may_be_larger_than_memory) {
  const auto host = [this](const std::string& script) {
    return RunCommand({"sh", "-ec", script}, {.directory = tree.Path()});
  };
  const std::string limit = "ulimit -v 24576";
  // Without a hole; two are compared to the last byte, in which one of them differs.
  BOOST_REQUIRE(host("mkdir old; yes | head -c 32M | tee same old/moved > changed").Succeeded());
  BOOST_TEST(!host(limit + "; text=$(cat same)").Succeeded());
  Review(
      "printf x | dd of=changed bs=1 seek=33554431 conv=notrunc status=none; touch same; "
      "mv old renamed; cat changed > new");
  BOOST_TEST(Agentbox("diff", limit) ==
             "M  changed\n"
             "A  new\n"
             "D  old/\n"
             "D  old/moved\n"
             "A  renamed/  (from old)\n"
             "A  renamed/moved\n");
  BOOST_TEST(Agentbox("apply", limit) == "6 applied\n");
  BOOST_TEST(host("cmp changed new; cmp same renamed/moved; tail -c 1 new").output == "x");
}

// More than a pipe holds, and than is looked at between two looks at the time.
constexpr const char* kMany =
    "touch $(seq -f a-long-name-that-fills-the-pipe-and-the-buffer-%g 5000)";

BOOST_AUTO_TEST_CASE(a_diff_that_takes_long_says_at_a_terminal_how_far_it_is) {
  Review(kMany);
  for (const bool is_seen : {true, false}) {
    const Pipe pipe(tree / (is_seen ? "seen" : "unseen"));
    const std::string errors = is_seen ? "" : " 2> errors";
    Terminal terminal({"sh", "-c", "exec " + AgentboxPath() + " diff" + errors},
                      {.command = {.environment = {"TERM=xterm"}, .directory = tree.Path()},
                       .output_file = pipe.Path()});
    BOOST_REQUIRE(Eventually([&] { return pipe.IsFull(); }));
    // It has to wait, and longer than may pass before anything is said.
    terminal.Expect("until the deadline", std::chrono::milliseconds(1100));
    BOOST_TEST(std::ranges::count(pipe.Read(), '\n') == 5000);
    if (is_seen) BOOST_TEST(terminal.Expect(" entries \r\x1b[K"));
    BOOST_TEST(terminal.Wait() == 0);
    if (!is_seen) BOOST_TEST(terminal.Screen() + ReadFile(tree / "errors") == "");
    fs::remove(pipe.Path());
  }
}

BOOST_AUTO_TEST_CASE(apply_says_at_a_terminal_how_far_it_is) {
  Review("touch $(seq 1000)");
  Terminal terminal({AgentboxPath(), "apply"},
                    {.command = {.directory = tree.Path()}, .output_file = tree / "output"});
  BOOST_TEST(terminal.Expect("\r1 of 1000\x1b[K"));
  // However fast it is: longer than between two that are told.
  ::kill(terminal.Pid(), SIGSTOP);
  terminal.Expect("until the deadline", std::chrono::milliseconds(150));
  ::kill(terminal.Pid(), SIGCONT);
  BOOST_TEST(terminal.Expect(" of 1000\x1b[K"));
  BOOST_TEST(terminal.Wait() == 0);
  BOOST_TEST(terminal.Screen().ends_with(" of 1000\x1b[K\r\x1b[K"));
  BOOST_TEST(ReadFile(tree / "output") == "1000 applied\n");
}

BOOST_AUTO_TEST_CASE(elsewhere_apply_says_nothing_of_that) {
  Review("touch $(seq 300)");
  const Outcome outcome = RunCommand({AgentboxPath(), "apply"}, {.directory = tree.Path()});
  BOOST_TEST(outcome.output == "300 applied\n");
  BOOST_TEST(outcome.errors == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
