// A sandbox made by apply/ alone, with a launcher and an init that are processes of the test: what
// launch/ and init/ do about mounts, and nothing else. Needs root.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "plan/devices.h"
#include "plan/masked_paths.h"
#include "plan/mounts.h"
#include "plan/rootfs.h"
#include "spec/config.h"

namespace agentbox::tests {

// Host ids of the sandbox's 0 to 65535.
constexpr unsigned kFirstId = 1000000;

// A directory of the test's own on disk, removed at the end.
class TestDirectory {
 public:
  TestDirectory();
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory();

  const std::string& Path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct AppliedSandbox {
  plan::RootfsPlan rootfs;
  plan::Scratch scratch;
  std::vector<plan::MountStep> mounts;
  plan::DevicesPlan devices;
  plan::MaskedPathsPlan masked_paths;
  std::map<std::string, std::string> cgroups;

  // What `inside` returns, called by the sandbox's root when all is made; or "error: " and what
  // failed. `meanwhile` runs on the host between.
  std::string Run(const std::function<std::string()>& inside,
                  const std::function<void()>& meanwhile = {}) const;

  // The output of sh -c in it, where the root file system has one, without the last newline.
  std::string Shell(const std::string& script) const;
};

// One whose root file system is `path`, with proc, a /dev and sysfs, and `mounts` besides.
AppliedSandbox SandboxOf(const std::string& path,
                         const TestDirectory& directory,
                         const std::vector<spec::Mount>& mounts = {});

// The output of sh -c on the host, without the last newline.
std::string HostShell(const std::string& script);

// "OK", or the name of the errno of a system call's result.
std::string Outcome(long result);

}  // namespace agentbox::tests
