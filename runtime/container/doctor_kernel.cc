#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "abi/namespaces.h"
#include "base/strings.h"
#include "container/doctor_checks.h"
#include "kernel/file.h"
#include "kernel/host.h"
#include "kernel/mount.h"
#include "kernel/namespaces.h"
#include "kernel/seccomp.h"
#include "kernel/user.h"

namespace agentbox::container {
namespace {

// The number in a file of /proc/sys; nothing where there is no such file.
std::optional<std::uint64_t> Sysctl(const std::string& name) {
  const auto text = kernel::ReadFile(AT_FDCWD, "/proc/sys/" + name);
  if (!text) return std::nullopt;
  return ParseNumber<std::uint64_t>(Trimmed(*text));
}

// As a user without privilege makes them. What distributions forbid is not unshare(2) but, by
// AppArmor, what comes after it: so a mount namespace is made within.
Result<void> MakeUserNamespaceAsNobody() {
  if (::geteuid() == 0) {
    TRY(kernel::SetGroups({}));
    TRY(kernel::SetGid(abi::kOverflowId));
    TRY(kernel::SetUid(abi::kOverflowId));
  }
  TRY(kernel::Unshare(CLONE_NEWUSER));
  return kernel::Unshare(CLONE_NEWNS);
}

std::string UserNamespaceRemedy() {
  if (Sysctl("kernel/unprivileged_userns_clone") == 0) {
    return "set it: sysctl -w kernel.unprivileged_userns_clone=1";
  }
  if (Sysctl("kernel/apparmor_restrict_unprivileged_userns") == 1) {
    return "an AppArmor profile with `userns,` for agentbox, or: "
           "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  }
  return "sysctl -w user.max_user_namespaces=65536";
}

Finding ExamineVersion() {
  Finding finding = {.feature = "Linux 6.1 or later",
                     .purpose = "idmapped overlay layers, the mount interface and pidfds",
                     .remedy = "install a newer kernel: apt-get install linux-image-amd64"};
  const auto name = kernel::ReadSystemName();
  if (!name) return Judge(std::move(finding), Fail(name.error()));
  finding.detail = name->release + " on " + name->machine;
  const auto parts = Split(name->release, '.');
  const auto major = ParseNumber<unsigned>(parts[0]).value_or(0);
  const auto minor = parts.size() < 2 ? 0 : ParseNumber<unsigned>(parts[1]).value_or(0);
  if (major < 6 || (major == 6 && minor < 1)) finding.health = Health::kWarning;
  return finding;
}

Finding ExamineUserNamespaces() {
  Finding finding = {.feature = "user namespaces",
                     .detail = "can be made",
                     .purpose = "every sandbox, which has one of its own",
                     .remedy = UserNamespaceRemedy(),
                     .is_essential = true};
  const auto limit = Sysctl("user/max_user_namespaces");
  if (limit) finding.detail += ", " + std::to_string(*limit) + " at most";
  return Judge(std::move(finding), InChild([] { return kernel::Unshare(CLONE_NEWUSER); }));
}

Finding ExamineUnprivileged() {
  return Judge({.feature = "user namespaces without privilege",
                .detail = "can be made",
                .purpose = "agentbox by users other than root, and bwrap and browsers in sandboxes",
                .remedy = UserNamespaceRemedy()},
               InChild(MakeUserNamespaceAsNobody));
}

Finding ExamineNamespaces() {
  std::vector<std::string> absent;
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    if (kind.flag == CLONE_NEWUSER) continue;
    const auto made = InChild([&kind]() -> Result<void> {
      TRY(kernel::Unshare(CLONE_NEWUSER));
      return kernel::Unshare(kind.flag);
    });
    if (!made) absent.emplace_back(kind.name);
  }
  return {.feature = "other namespaces",
          .health = absent.empty() ? Health::kOk : Health::kMissing,
          .detail = absent.empty() ? "can be made" : "not to be had: " + Join(absent, ", "),
          .purpose = "a sandbox's own mounts, processes, network and names",
          .remedy = "a kernel that is built with them, and user.max_*_namespaces above 0",
          .is_essential = true};
}

Result<void> MakeMount() {
  TRY(kernel::Unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS));
  TRY(kernel::MountFilesystem("tmpfs", {{"mode", "700"}}));
  return {};
}

Finding ExamineMounts() {
  return Judge({.feature = "mounts by file descriptor",
                .detail = "fsopen(2), fsmount(2)",
                .purpose = "a root file system that nothing in it can lead astray",
                .remedy = "Linux 5.2 or later, and no seccomp filter around agentbox",
                .is_essential = true},
               InChild(MakeMount));
}

Finding ExamineSeccomp() {
  std::vector<std::string> absent;
  constexpr std::array<std::pair<std::uint32_t, const char*>, 3> kActions = {
      {{SECCOMP_RET_ERRNO, "errno"},
       {SECCOMP_RET_KILL_PROCESS, "kill_process"},
       {SECCOMP_RET_USER_NOTIF, "user_notif"}}};
  for (const auto& [action, name] : kActions) {
    if (!kernel::HasSeccompAction(action)) absent.emplace_back(name);
  }
  return {.feature = "seccomp filters",
          .health = absent.empty() ? Health::kOk : Health::kMissing,
          .detail = absent.empty() ? "with user notification" : "without " + Join(absent, ", "),
          .purpose = "the smaller kernel surface of every sandbox",
          .remedy = "a kernel with CONFIG_SECCOMP_FILTER",
          .is_essential = true};
}

}  // namespace

Finding Judge(Finding finding, const Result<void>& tried) {
  if (tried) return finding;
  finding.health = Health::kMissing;
  finding.detail = tried.error().ToString();
  return finding;
}

std::vector<Finding> ExamineKernel() {
  return {ExamineVersion(),
          ExamineUserNamespaces(),
          ExamineUnprivileged(),
          ExamineNamespaces(),
          ExamineMounts(),
          ExamineSeccomp()};
}

}  // namespace agentbox::container
