#include "launch/namespace_visit.h"

#include <sched.h>
#include <unistd.h>

#include <string>

#include "abi/namespaces.h"
#include "kernel/namespaces.h"

namespace agentbox::launch {

Result<NamespaceVisit> NamespaceVisit::Begin(std::uint64_t flags) {
  NamespaceVisit visit(flags);
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    if ((flags & kind.flag) == 0) continue;
    visit.own_.emplace_back(kind.flag, TRY(kernel::OpenOwnNamespace(std::string(kind.file))));
  }
  return visit;
}

NamespaceVisit::~NamespaceVisit() {
  for (const auto& [flag, fd] : own_) {
    if (!kernel::JoinNamespaces(fd.Get(), flag)) ::_exit(1);
  }
}

Result<void> NamespaceVisit::Enter(const UniqueFd& pidfd) const {
  if (flags_ == 0) return {};
  return kernel::JoinNamespaces(pidfd.Get(), flags_);
}

}  // namespace agentbox::launch
