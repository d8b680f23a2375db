// Namespaces that the tests make, for containers to join by path.
#pragma once

#include <string>
#include <vector>

#include "support/command.h"
#include "support/files.h"

namespace agentbox::test {

// A process in new namespaces (flags of clone(2)), which holds them while this object lives.
class HeldNamespaces {
 public:
  explicit HeldNamespaces(int flags);
  HeldNamespaces(const HeldNamespaces&) = delete;
  HeldNamespaces& operator=(const HeldNamespaces&) = delete;
  ~HeldNamespaces();

  pid_t Pid() const { return pid_; }
  std::string Path(const std::string& type) const;  // "net": "/proc/PID/ns/net"

 private:
  pid_t pid_ = -1;
};

}  // namespace agentbox::test
