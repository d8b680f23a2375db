// config.md#mounts, config.md#root, config-linux.md: maskedPaths and readonlyPaths.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "facts.h"

namespace agentbox::guest {
namespace {

using nlohmann::json;

struct MountPoint {
  std::string path;
  std::string type;
  std::set<std::string> options;
  std::set<std::string> propagation;  // "shared", "master", "unbindable"; none: private
};

std::set<std::string> Words(const std::string& text) {
  std::set<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    words.insert(word);
  }
  return words;
}

// proc(5): "36 35 98:0 / /work rw,noatime master:1 - ext4 /dev/root rw,errors=continue".
std::vector<MountPoint> MountPoints() {
  std::vector<MountPoint> found;
  std::ifstream lines("/proc/self/mountinfo");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream stream(line);
    std::string word;
    MountPoint mount;
    for (int i = 0; i < 4; ++i)
      stream >> word;
    stream >> mount.path >> word;
    mount.options = Words(word);
    while (stream >> word && word != "-")
      mount.propagation.insert(word.substr(0, word.find(':')));
    stream >> mount.type;
    found.push_back(mount);
  }
  return found;
}

// The topmost of those at `path`.
MountPoint At(const std::vector<MountPoint>& mounts, const std::string& path) {
  MountPoint last;
  for (const MountPoint& mount : mounts) {
    if (mount.path == path) last = mount;
  }
  return last;
}

// What the mount table says of a mount with an option; with an "r" before it, of those below too.
struct ShownOption {
  std::string name;
  std::set<std::string> present;
  std::set<std::string> absent;
};

const std::vector<ShownOption>& ShownOptions() {
  static const std::vector<ShownOption> shown = {
      {"ro", {"ro"}, {}},
      {"rw", {}, {"ro"}},
      {"nosuid", {"nosuid"}, {}},
      {"suid", {}, {"nosuid"}},
      {"nodev", {"nodev"}, {}},
      {"dev", {}, {"nodev"}},
      {"noexec", {"noexec"}, {}},
      {"exec", {}, {"noexec"}},
      {"nodiratime", {"nodiratime"}, {}},
      {"diratime", {}, {"nodiratime"}},
      {"nosymfollow", {"nosymfollow"}, {}},
      {"symfollow", {}, {"nosymfollow"}},
      {"noatime", {"noatime"}, {"relatime"}},
      {"strictatime", {}, {"relatime", "noatime"}},
      {"relatime", {"relatime"}, {"noatime"}},
      {"atime", {"relatime"}, {"noatime"}},
      {"norelatime", {"relatime"}, {"noatime"}},
      {"nostrictatime", {"relatime"}, {"noatime"}},
      {"private", {}, {"shared", "master", "unbindable"}},
      {"shared", {"shared"}, {"unbindable"}},
      {"unbindable", {"unbindable"}, {"shared", "master"}},
  };
  return shown;
}

const ShownOption* FindOption(const std::string& name) {
  const auto found = std::ranges::find(ShownOptions(), name, &ShownOption::name);
  return found != ShownOptions().end() ? &*found : nullptr;
}

bool Shows(const MountPoint& mount, const ShownOption& option) {
  std::set<std::string> words = mount.options;
  words.insert(mount.propagation.begin(), mount.propagation.end());
  return std::ranges::includes(words, option.present) &&
         std::ranges::none_of(option.absent,
                              [&words](const auto& word) { return words.contains(word); });
}

void CheckOption(const std::string& name,
                 const std::string& path,
                 const std::vector<MountPoint>& mounts,
                 Facts& facts) {
  if (const ShownOption* const own = FindOption(name)) {
    facts.Compare("mounts " + path + " " + name, true, Shows(At(mounts, path), *own));
    return;
  }
  const ShownOption* const below = name.starts_with('r') ? FindOption(name.substr(1)) : nullptr;
  if (below == nullptr) return;
  for (const MountPoint& mount : mounts) {
    if (mount.path != path && !mount.path.starts_with(path + "/")) continue;
    facts.Compare("mounts " + mount.path + " " + name, true, Shows(mount, *below));
  }
}

void CheckMount(const json& wanted, const std::vector<MountPoint>& mounts, Facts& facts) {
  const std::string path = wanted.at("destination");
  const MountPoint found = At(mounts, path);
  facts.Compare("mounts " + path, path, found.path);
  const std::string type = wanted.value("type", "bind");
  if (type != "bind" && type != "none" && type != "cgroup") {
    facts.Compare("mounts " + path + " type", type, found.type);
  }
  // Of contrary options the last holds, which is the tests' own affair.
  for (const std::string name : wanted.value("options", json::array()))
    CheckOption(name, path, mounts, facts);
}

bool IsEmptyDirectory(const std::string& path) {
  DIR* const directory = ::opendir(path.c_str());
  if (directory == nullptr) return false;
  int count = 0;
  while (::readdir(directory) != nullptr)
    ++count;
  ::closedir(directory);
  return count <= 2;  // . and ..
}

void CheckMasked(const std::string& path, Facts& facts) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) < 0) return;  // the spec: what is not there is left out
  bool is_masked = false;
  if (S_ISDIR(status.st_mode)) {
    is_masked = IsEmptyDirectory(path);
  } else {
    char character = 0;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    is_masked = fd >= 0 && ::read(fd, &character, 1) == 0;
    if (fd >= 0) ::close(fd);
  }
  facts.Compare("linux.maskedPaths " + path, true, is_masked);
}

}  // namespace

void CheckMounts(const json& config, Facts& facts) {
  const std::vector<MountPoint> mounts = MountPoints();
  for (const json& mount : config.value("mounts", json::array())) {
    CheckMount(mount, mounts, facts);
  }
  facts.Compare("root.readonly",
                config.at("root").value("readonly", false),
                At(mounts, "/").options.contains("ro"));
  const json& linux_part = config.at("linux");
  for (const std::string path : linux_part.value("maskedPaths", json::array())) {
    CheckMasked(path, facts);
  }
  for (const std::string path : linux_part.value("readonlyPaths", json::array())) {
    if (::access(path.c_str(), F_OK) < 0) continue;
    facts.Compare("linux.readonlyPaths " + path, true, At(mounts, path).options.contains("ro"));
  }
}

}  // namespace agentbox::guest
