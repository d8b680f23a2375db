#include "support/layered_tree.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "policy/policy.h"
#include "review/describe.h"
#include "review/real_tree.h"
#include "review/settle.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string XattrsOf(const std::string& path) {
  std::array<char, 4096> names = {};
  const auto size = ::llistxattr(path.c_str(), names.data(), names.size());
  std::string text;
  for (const char* name = names.data(); name < names.data() + std::max<ssize_t>(size, 0);
       name += std::string_view(name).size() + 1) {
    if (!std::string_view(name).starts_with("user.")) continue;
    std::array<char, 4096> value = {};
    const auto length = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    text += " " + std::string(name) + "=" +
            std::string(value.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  }
  return text;
}

std::string Describe(const std::string& path, const struct stat& status) {
  std::ostringstream text;
  text << std::oct << status.st_mode << std::dec << " " << status.st_uid << ":" << status.st_gid;
  if (S_ISLNK(status.st_mode)) text << " -> " << fs::read_symlink(path).string();
  if (S_ISREG(status.st_mode)) {
    const std::string content = ContentOf(path);
    text << " " << content.size() << " bytes, " << std::hash<std::string>()(content) << " "
         << content.substr(0, 40);
  }
  if (!S_ISLNK(status.st_mode)) text << XattrsOf(path);
  return text.str();
}

void RunShell(const std::string& directory, const std::string& script) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::chdir(directory.c_str()) < 0) ::_exit(99);
    ::execl("/bin/sh", "sh", "-ec", script.c_str(), nullptr);
    ::_exit(99);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) throw std::runtime_error("a script failed: " + script);
}

class KillAfter final : public review::Observer {
 public:
  explicit KillAfter(std::size_t steps) : steps_(steps) {}

  Result<void> Report(const review::Step& /*step*/) override {
    if (steps_ > 0 && --steps_ == 0) ::raise(SIGKILL);
    return {};
  }

 private:
  std::size_t steps_;
};

UniqueFd OpenDirectory(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// In a mount namespace of the test's own, so that nothing is left of an overlay.
void LeaveMountsOfHost() {
  static const bool is_done = [] {
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }();
  if (!is_done) throw std::runtime_error("no mount namespace: these tests need root");
}

}  // namespace

Snapshot SnapshotOf(const std::string& tree) {
  Snapshot snapshot;
  std::map<ino_t, std::string> first_names;
  std::vector<fs::path> paths = {tree};
  // An error is a path that is too long: what is below it is left out.
  std::error_code error;
  for (fs::recursive_directory_iterator entry(tree, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().native().size() < PATH_MAX) paths.push_back(entry->path());
  }
  std::ranges::sort(paths);
  for (const fs::path& path : paths) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) < 0) throw std::runtime_error("lstat of " + path.string());
    const std::string name = path == tree ? "." : path.lexically_relative(tree).string();
    std::string& text = snapshot[name];
    text = Describe(path.string(), status);
    if (S_ISDIR(status.st_mode) || status.st_nlink < 2) continue;
    const auto [first, is_new] = first_names.emplace(status.st_ino, name);
    text += " links " + first->second;
  }
  return snapshot;
}

std::string Difference(const Snapshot& wanted, const Snapshot& found) {
  std::string text;
  for (const auto& [path, what] : wanted) {
    const auto other = found.find(path);
    if (other == found.end() || other->second != what) text += "- " + path + ": " + what + "\n";
  }
  for (const auto& [path, what] : found) {
    const auto other = wanted.find(path);
    if (other == wanted.end() || other->second != what) text += "+ " + path + ": " + what + "\n";
  }
  return text;
}

LayeredTree::LayeredTree(const std::string& script) {
  LeaveMountsOfHost();
  std::string pattern = "/srv/agentbox-test-layer.XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
  for (const char* const name : {"real", "upper", "work", "merged", "staging"})
    fs::create_directory(path_ + "/" + name);
  RunShell(Real(), script);
  // So that nothing made before has the time of the start.
  struct timespec coarse = {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
  struct timespec now = {};
  do {
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  } while (now.tv_sec == coarse.tv_sec && now.tv_nsec == coarse.tv_nsec);
  ::clock_gettime(CLOCK_REALTIME, &now);
  started_ = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  const std::string options = "lowerdir=" + Real() + ",upperdir=" + Upper() + ",workdir=" + path_ +
                              "/work,redirect_dir=on,index=off,metacopy=off";
  const std::string merged = path_ + "/merged";
  if (::mount("overlay", merged.c_str(), "overlay", 0, options.c_str()) < 0) {
    throw std::runtime_error("overlay");
  }
  is_mounted_ = true;
}

LayeredTree::~LayeredTree() {
  if (is_mounted_) ::umount2((path_ + "/merged").c_str(), MNT_DETACH);
  std::error_code error;
  fs::remove_all(path_, error);
}

void LayeredTree::Agent(const std::string& script) const {
  RunShell(path_ + "/merged", script);
}

void LayeredTree::Host(const std::string& script) const {
  RunShell(Real(), script);
}

void LayeredTree::End() {
  seen_ = SnapshotOf(path_ + "/merged");
  ::umount2((path_ + "/merged").c_str(), 0);
  is_mounted_ = false;
}

std::string LayeredTree::Apply(const Options& options) const {
  const UniqueFd upper = OpenDirectory(Upper());
  const UniqueFd tree = OpenDirectory(Real());
  const UniqueFd staging = OpenDirectory(path_ + "/staging");
  const UniqueFd review = OpenDirectory(path_);
  review::Layer layer;
  layer.upper = upper.Get();
  layer.tree = tree.Get();
  layer.hidden = options.hidden;
  const review::MergeOptions how = {
      .rules = {.started = started_,
                .force = options.force,
                .allow_runs_later = options.allow_runs_later},
      .source = Real(),
      .name = "test",
      .note = {review.Get(), "exchange"},
      .bystanders = {review.Get(), "bystanders"},
      .run_later = policy::DefaultPolicy().exec_config,
      .only = options.only,
  };
  if (!options.is_trial) {
    const auto lost = review::RealTree::Recover(how.source, how.name, how.note);
    if (!lost) return "error: " + lost.error().ToString();
    if (!lost->empty()) return "lost: " + *lost;
    const auto settled = review::Settle(layer, staging);
    if (!settled) return "error: " + settled.error().ToString();
  }
  auto merge = review::Merge::Plan(layer, how);
  if (!merge) return "error: " + merge.error().ToString();
  merge->Resolve();
  KillAfter observer(options.kill_after);
  if (!options.is_trial) {
    const auto carried = merge->Carry(observer);
    if (!carried) return "error: " + carried.error().ToString();
  }
  std::vector<std::string> lines;
  for (const review::Step& step : merge->Steps()) {
    const bool is_told = options.is_trial || step.decision.IsLeftOut() || !Notes(step).empty();
    if (step.is_wanted && is_told) lines.push_back(review::Describe(step));
  }
  std::string text;
  for (const std::string& line : lines)
    text += line;
  return text;
}

int LayeredTree::ApplyInChild(const Options& options) const {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(Apply(options).empty() ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void EndsAsSeen(const LayeredTree& tree, const LayeredTree::Options& options) {
  BOOST_TEST(tree.Apply(options) == "");
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
  BOOST_TEST(tree.Apply({.is_trial = true}) == "");
}

void AppliesAll(const std::string& before, const std::string& agent) {
  LayeredTree tree(before);
  tree.Agent(agent);
  tree.End();
  EndsAsSeen(tree);
}

}  // namespace agentbox::test
