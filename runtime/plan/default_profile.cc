#include "plan/default_profile.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string>

#include "base/strings.h"
#include "plan/syscall_limits.h"

namespace agentbox::plan {
namespace {

using policy::Profile;

// What a profile says of a call otherwise than the profile that it is made of.
struct Change {
  std::string_view syscall;
  const SyscallGround* ground;
};

// Bound to user space by kernel.perf_event_paranoid.
constexpr auto kDebug = std::to_array<Change>({
    {"perf_event_open", &ground::kLimited},
});

constexpr auto kNetns = std::to_array<Change>({
    {"setns", &ground::kJoiningInside},
});

constexpr auto kEngine = std::to_array<Change>({
    {"clone3", &ground::kInside},
    {"close_range", &ground::kInside},
    {"copy_file_range", &ground::kInside},
    {"execveat", &ground::kInside},
    {"fallocate", &ground::kInside},
    {"fgetxattr", &ground::kInside},
    {"flistxattr", &ground::kInside},
    {"fremovexattr", &ground::kInside},
    {"fsconfig", &ground::kInside},
    {"fsetxattr", &ground::kInside},
    {"fsmount", &ground::kInside},
    {"fsopen", &ground::kInside},
    {"fspick", &ground::kInside},
    {"lgetxattr", &ground::kInside},
    {"listxattr", &ground::kInside},
    {"llistxattr", &ground::kInside},
    {"lremovexattr", &ground::kInside},
    {"lsetxattr", &ground::kInside},
    {"mount_setattr", &ground::kInside},
    {"move_mount", &ground::kInside},
    {"name_to_handle_at", &ground::kInside},
    {"open_tree", &ground::kInside},
    {"openat2", &ground::kInside},
    {"removexattr", &ground::kInside},
    {"renameat2", &ground::kInside},
    {"setdomainname", &ground::kInside},
    {"setfsgid", &ground::kInside},
    {"setfsuid", &ground::kInside},
    {"setxattr", &ground::kInside},
    {"sync", &ground::kInside},
    {"syncfs", &ground::kInside},
});

// clone3(2), which has its flags in memory, is refused to all but engines.
constexpr auto kParanoid = std::to_array<Change>({
    {"chroot", &ground::kNoNesting},
    {"clone", &ground::kLimited},
    {"mount", &ground::kNoNesting},
    {"pivot_root", &ground::kNoNesting},
    {"process_vm_readv", &ground::kNoDebugging},
    {"process_vm_writev", &ground::kNoDebugging},
    {"ptrace", &ground::kNoDebugging},
    {"sethostname", &ground::kNoNesting},
    {"splice", &ground::kNoSplice},
    {"umount2", &ground::kNoNesting},
    {"unshare", &ground::kNoNesting},
});

// The changes that a profile is made of, the ones that count first; after all of them, the table.
struct Composition {
  std::span<const Change> first;
  std::span<const Change> second;
};

Composition CompositionOf(Profile profile) {
  switch (profile) {
    case Profile::kDev:
      return {};
    case Profile::kDebug:
      return {kDebug, {}};
    case Profile::kNetns:
      return {kNetns, {}};
    case Profile::kEngine:
      return {kEngine, kNetns};
    case Profile::kParanoid:
      return {kParanoid, {}};
  }
  return {};
}

const SyscallGround* Find(std::span<const Change> changes, std::string_view syscall) {
  const auto found = std::ranges::find(changes, syscall, &Change::syscall);
  return found == changes.end() ? nullptr : found->ground;
}

void AddRules(std::vector<SeccompRule>& rules, const SyscallEntry& entry, Profile profile) {
  const SyscallGround& ground = GroundOf(entry, profile);
  if (ground.kind == SyscallKind::kLimited) {
    for (SeccompRule& rule : LimitRules(entry.name, profile))
      rules.push_back(std::move(rule));
    return;
  }
  const SeccompDecision decision = {
      ground.kind == SyscallKind::kHost ? SeccompAction::kAllow : SeccompAction::kErrno,
      static_cast<std::uint16_t>(ground.number)};
  rules.push_back({std::string(entry.name), decision, {}});
}

}  // namespace

const SyscallGround& GroundOf(const SyscallEntry& entry, Profile profile) {
  const Composition composition = CompositionOf(profile);
  for (const auto& changes : {composition.first, composition.second}) {
    if (const SyscallGround* const ground = Find(changes, entry.name)) return *ground;
  }
  return *entry.ground;
}

SeccompFilter DefaultFilter(Profile profile) {
  SeccompFilter filter = {.origin = "profile " + std::string(policy::Name(profile)),
                          .otherwise = {SeccompAction::kErrno, ENOSYS},
                          .flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW};
  filter.rules.reserve(SyscallTable().size() * 3 / 2);
  for (const SyscallEntry& entry : SyscallTable())
    AddRules(filter.rules, entry, profile);
  return filter;
}

Result<SeccompFilter> OwnFilter(const policy::Policy& policy) {
  SeccompFilter filter = DefaultFilter(policy.profile);
  for (const std::string& syscall : policy.allowed_syscalls) {
    if (FindSyscall(syscall) == nullptr) {
      return Fail(Error(ErrorKind::kInvalidSpec,
                        "seccomp.allow: " + Quoted(syscall) + " is no system call of Linux 6.18"));
    }
    std::erase_if(filter.rules,
                  [&syscall](const SeccompRule& rule) { return rule.syscall == syscall; });
    filter.rules.push_back({syscall, {SeccompAction::kAllow, 0}, {}});
  }
  if (!policy.allowed_syscalls.empty()) filter.origin += " and seccomp.allow";
  return filter;
}

SurfaceCounts CountSurface(Profile profile, Architecture architecture) {
  SurfaceCounts counts;
  for (const SyscallEntry& entry : SyscallTable()) {
    if (!entry.Number(architecture)) continue;
    switch (GroundOf(entry, profile).kind) {
      case SyscallKind::kHost:
        ++counts.unlimited;
        break;
      case SyscallKind::kLimited:
        ++counts.limited;
        break;
      case SyscallKind::kSentry:
        ++counts.served;
        break;
      case SyscallKind::kDenied:
        ++counts.denied;
        break;
    }
  }
  return counts;
}

}  // namespace agentbox::plan
