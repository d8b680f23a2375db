#include "support/leftovers.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"
#include "support/command.h"
#include "support/files.h"
#include "support/quota_disk.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

// The entries of a directory that `is_ours`; none where there is no such directory.
template <typename IsOurs>
void AddEntries(const std::string& directory,
                const IsOurs& is_ours,
                std::vector<std::string>& found) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (is_ours(entry)) found.push_back(entry.path().string());
  }
}

void AddChildren(std::vector<std::string>& found) {
  ReapOrphans();
  const std::string own = std::to_string(::getpid());
  std::ifstream children("/proc/self/task/" + own + "/children");
  for (std::string pid; children >> pid;) {
    std::string name = ReadFile("/proc/" + pid + "/cmdline");
    for (char& character : name) {
      if (character == '\0') character = ' ';
    }
    found.push_back("process " + pid + " (" + ReadFile("/proc/" + pid + "/comm") + ") " + name);
  }
}

// So that what one case left is not found again by the next.
void KillChildren() {
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  for (pid_t pid = 0; children >> pid;) {
    ::kill(pid, SIGKILL);
  }
}

void AddMounts(std::vector<std::string>& found) {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    // Those of another run of the tests beside this one are its own affair.
    if (line.find("/agentbox-test-" + std::to_string(::getpid()) + "-") == std::string::npos)
      continue;
    if (line.find(kMountOfATest) == std::string::npos) found.push_back("mount " + line);
  }
}

// So that what one case left is not told of again by the next.
std::set<std::string>& AlreadyTold() {
  static std::set<std::string> told;
  return told;
}

std::vector<std::string> AllThatIsThere() {
  const std::string prefix = IdPrefix();
  const auto has_our_id = [&prefix](const fs::directory_entry& entry) {
    return entry.path().filename().string().starts_with(prefix);
  };
  std::vector<std::string> found;
  AddChildren(found);
  AddMounts(found);
  // One set of records serves all state roots; a record points to the state directory it is for.
  AddEntries(
      "/run/agentbox/@ids",
      [&prefix](const fs::directory_entry& entry) {
        std::error_code error;
        return fs::read_symlink(entry.path(), error).filename().string().starts_with(prefix);
      },
      found);
  AddEntries("/run/agentbox", has_our_id, found);
  AddEntries("/var/lib/agentbox", has_our_id, found);
  for (const std::string& file : LoopFiles(prefix))
    found.push_back("loop device with " + file);
  AddEntries(
      "/var/lib/agentbox/@templates",
      [&prefix](const fs::directory_entry& entry) {
        return entry.path().filename().string().find(prefix) != std::string::npos;
      },
      found);
  AddEntries("/var/lib/agentbox/@reviews", has_our_id, found);
  std::vector<std::string> hierarchies = {"/sys/fs/cgroup"};
  AddEntries(
      "/sys/fs/cgroup",
      [](const fs::directory_entry& entry) { return entry.is_directory(); },
      hierarchies);
  for (const std::string& hierarchy : hierarchies) {
    AddEntries(hierarchy, has_our_id, found);
    AddEntries(hierarchy + "/agentbox", has_our_id, found);
  }
  return found;
}

}  // namespace

std::vector<std::string> Leftovers() {
  const std::vector<std::string> all = AllThatIsThere();
  std::vector<std::string> found;
  std::ranges::copy_if(all, std::back_inserter(found), [](const std::string& thing) {
    return !AlreadyTold().contains(thing);
  });
  return found;
}

void Tell(const std::vector<std::string>& leftovers) {
  for (const std::string& thing : leftovers) {
    BOOST_ERROR("left behind: " + thing);
    AlreadyTold().insert(thing);
  }
}

NothingLeft::NothingLeft() : listing_(Listing(SharedRootfs())) {}

NothingLeft::~NothingLeft() {
  // The kernel takes its time to end a pid namespace and to release a cgroup's last process.
  std::vector<std::string> found;
  const auto is_nothing_left = [&found] {
    found = Leftovers();
    return found.empty();
  };
  if (!Eventually(is_nothing_left)) {
    Tell(found);
    KillChildren();
  }
  BOOST_CHECK_MESSAGE(Listing(SharedRootfs()) == listing_,
                      "a container has changed its root file system");
}

}  // namespace agentbox::test
