// Which files a cgroup of this host has: what a test may expect of a limit is decided by them.
#pragma once

#include <string>
#include <vector>

namespace agentbox::test {

// A cgroup of the test's own in each hierarchy of this host, with all of its controllers, empty.
class HostCgroup {
 public:
  HostCgroup();
  HostCgroup(const HostCgroup&) = delete;
  HostCgroup& operator=(const HostCgroup&) = delete;
  ~HostCgroup();

  // cgroup2 alone.
  bool IsV2() const { return is_v2_; }
  // "memory/memory.limit_in_bytes" of v1, "memory.max" of cgroup2.
  bool Has(const std::string& file) const;

 private:
  std::string name_;
  bool is_v2_;
  std::vector<std::string> directories_;
};

// A disk of this host, by which I/O can be limited.
struct Disk {
  std::string name;
  unsigned major = 0;
  unsigned minor = 0;
};
Disk FirstDisk();

}  // namespace agentbox::test
