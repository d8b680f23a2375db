// A stay of this process in namespaces other than the host's own, which ends with a scope.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::launch {

// Remembers the network, IPC and UTS namespaces that the process is in, and takes it back to them.
// A process that can not go back must do nothing more on the host: it ends (_exit).
class NamespaceVisit {
 public:
  // The namespaces `flags` (of CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS) may be left until the end.
  static Result<NamespaceVisit> Begin(std::uint64_t flags);

  NamespaceVisit(NamespaceVisit&&) = default;
  NamespaceVisit& operator=(NamespaceVisit&&) = delete;
  NamespaceVisit(const NamespaceVisit&) = delete;
  NamespaceVisit& operator=(const NamespaceVisit&) = delete;
  ~NamespaceVisit();

  // Enters those of `flags` that the process behind `pidfd` is in.
  Result<void> Enter(const UniqueFd& pidfd) const;

 private:
  explicit NamespaceVisit(std::uint64_t flags) : flags_(flags) {}

  std::uint64_t flags_;
  std::vector<std::pair<std::uint64_t, UniqueFd>> own_;
};

}  // namespace agentbox::launch
