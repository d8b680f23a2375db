#include "support/host_cgroup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/files.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCgroups = "/sys/fs/cgroup";

// Of no container: no name that NothingLeft looks for.
std::string NewName() {
  static unsigned count = 0;
  return "agentbox-test-files-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

// A cgroup has the controllers that its parent gives to its children. What can not be given (cpu,
// while realtime processes are there) is what no container gets either.
void EnableControllers() {
  std::ifstream controllers(std::string(kCgroups) + "/cgroup.controllers");
  for (std::string name; controllers >> name;) {
    std::ofstream(std::string(kCgroups) + "/cgroup.subtree_control") << "+" << name << std::flush;
  }
}

}  // namespace

HostCgroup::HostCgroup()
    : name_(NewName()), is_v2_(Exists(std::string(kCgroups) + "/cgroup.controllers")) {
  std::vector<std::string> hierarchies = {kCgroups};
  if (is_v2_) {
    EnableControllers();
  } else {
    hierarchies.clear();
    for (const auto& entry : fs::directory_iterator(kCgroups)) {
      if (Exists(entry.path().string() + "/cgroup.procs")) hierarchies.push_back(entry.path());
    }
  }
  for (const std::string& hierarchy : hierarchies) {
    directories_.push_back(hierarchy + "/" + name_);
    // "cpu" may be a symlink to "cpu,cpuacct".
    if (::mkdir(directories_.back().c_str(), 0755) < 0 && errno != EEXIST)
      throw std::runtime_error("mkdir(2) of " + directories_.back());
  }
}

HostCgroup::~HostCgroup() {
  for (const std::string& directory : directories_)
    ::rmdir(directory.c_str());
}

bool HostCgroup::Has(const std::string& file) const {
  const auto slash = file.find('/');
  const bool is_of_v1 = slash != std::string::npos;
  if (is_of_v1 == is_v2_) return false;
  const std::string hierarchy = is_of_v1 ? "/" + file.substr(0, slash) : "";
  return Exists(kCgroups + hierarchy + "/" + name_ + "/" +
                (is_of_v1 ? file.substr(slash + 1) : file));
}

Disk FirstDisk() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator("/sys/block")) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("loop") && !name.starts_with("zram") && !name.starts_with("ram"))
      names.push_back(name);
  }
  if (names.empty()) throw std::runtime_error("/sys/block has no disk");
  Disk disk = {.name = *std::ranges::min_element(names)};
  if (std::sscanf(ReadFile("/sys/block/" + disk.name + "/dev").c_str(),
                  "%u:%u",
                  &disk.major,
                  &disk.minor) != 2) {
    throw std::runtime_error("/sys/block/" + disk.name + " has no number");
  }
  return disk;
}

}  // namespace agentbox::test
