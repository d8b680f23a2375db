#include "launch/joined_namespaces.h"

#include <fcntl.h>
#include <sched.h>

#include <utility>

#include "abi/namespaces.h"
#include "kernel/file.h"
#include "kernel/namespaces.h"

namespace agentbox::launch {
namespace {

const abi::NamespaceKind& KindOf(std::uint64_t flag) {
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    if (kind.flag == flag) return kind;
  }
  return abi::kNamespaceKinds.front();
}

Result<OpenNamespace> OpenOne(const plan::JoinedNamespace& joined) {
  // Without O_NONBLOCK a fifo at the path would hold us for ever.
  UniqueFd fd = TRY(kernel::Open(AT_FDCWD, joined.path, O_RDONLY | O_NONBLOCK));
  const auto flag = kernel::NamespaceFlag(fd.Get());
  const std::string kind(KindOf(joined.flag).name);
  if (!flag || *flag != joined.flag) {
    return Fail(Error(ErrorKind::kInvalidSpec, joined.path + " is not a " + kind + " namespace"));
  }
  return OpenNamespace{joined.origin, joined.flag, std::move(fd)};
}

// Whether `one` is the runtime's own, which the policy has to allow. A pid namespace is shared by
// leaving it out alone: whose processes /proc shows is planned before paths are opened.
Result<bool> IsShared(const OpenNamespace& one,
                      const std::string& path,
                      const plan::NamespacesPlan& plan) {
  const abi::NamespaceKind& kind = KindOf(one.flag);
  const UniqueFd own = TRY(kernel::OpenOwnNamespace(std::string(kind.file)));
  if (!TRY(kernel::IsSameNamespace(own.Get(), one.fd.Get()))) return false;
  if ((plan.may_share & one.flag) != 0 && one.flag != CLONE_NEWPID) return true;
  std::string text = path + " is the host's own " + std::string(kind.name) + " namespace";
  if (one.flag == CLONE_NEWPID) text += ", which is shared by leaving this entry out";
  if (one.flag != CLONE_NEWUSER) text += "; " + plan::NamespaceKeyHint(kind.name);
  return Fail(Error(ErrorKind::kRefused, std::move(text)));
}

// Files `one` under its owner.
Result<void> AddByOwner(OpenNamespace one, const UniqueFd& own_user, JoinedNamespaces& all) {
  UniqueFd owner = TRY(kernel::OwningUserNamespace(one.fd.Get()));
  if (TRY(kernel::IsSameNamespace(owner.Get(), own_user.Get()))) {
    if (one.flag == CLONE_NEWPID) {
      return Fail(Error(ErrorKind::kRefused,
                        "a pid namespace that the host's user namespace owns: its /proc could not "
                        "be mounted in a sandbox"));
    }
    all.of_host.push_back(std::move(one));
    return {};
  }
  if (all.user_namespace && !TRY(kernel::IsSameNamespace(owner.Get(), all.user_namespace.Get()))) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      "belongs to another user namespace than the ones before it"));
  }
  if (!all.user_namespace) all.user_namespace = std::move(owner);
  all.of_container.push_back(std::move(one));
  return {};
}

}  // namespace

Result<JoinedNamespaces> OpenJoinedNamespaces(const plan::NamespacesPlan& plan) {
  JoinedNamespaces all;
  if (plan.joined.empty()) return all;
  const UniqueFd own_user = TRY(kernel::OpenOwnNamespace("user"));
  for (const plan::JoinedNamespace& joined : plan.joined) {
    if (joined.flag != CLONE_NEWUSER) continue;
    OpenNamespace user = TRY_WITHIN(OpenOne(joined), joined.origin);
    TRY_WITHIN(IsShared(user, joined.path, plan), joined.origin);
    all.user_namespace = std::move(user.fd);
  }
  for (const plan::JoinedNamespace& joined : plan.joined) {
    if (joined.flag == CLONE_NEWUSER) continue;
    OpenNamespace one = TRY_WITHIN(OpenOne(joined), joined.origin);
    if (TRY_WITHIN(IsShared(one, joined.path, plan), joined.origin)) {
      all.of_runtime |= one.flag;
      continue;
    }
    TRY_WITHIN(AddByOwner(std::move(one), own_user, all), joined.origin);
  }
  return all;
}

}  // namespace agentbox::launch
