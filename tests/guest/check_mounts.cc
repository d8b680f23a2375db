// config.md#mounts, config.md#root, config-linux.md: maskedPaths and readonlyPaths.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
    while (stream >> word && word != "-") {
    }
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

// Options that the mount table shows by their own names.
const std::set<std::string>& ShownOptions() {
  static const std::set<std::string> shown = {
      "ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime"};
  return shown;
}

void CheckMount(const json& wanted, const std::vector<MountPoint>& mounts, Facts& facts) {
  const std::string path = wanted.at("destination");
  const MountPoint found = At(mounts, path);
  facts.Compare("mounts " + path, path, found.path);
  const std::string type = wanted.value("type", "bind");
  if (type != "bind" && type != "none" && type != "cgroup") {
    facts.Compare("mounts " + path + " type", type, found.type);
  }
  for (const std::string option : wanted.value("options", json::array())) {
    if (!ShownOptions().contains(option)) continue;
    facts.Compare("mounts " + path + " " + option, true, found.options.contains(option));
  }
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
