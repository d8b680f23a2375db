#include "plan/namespaces.h"

#include <algorithm>

#include "abi/namespaces.h"
#include "base/printable.h"
#include "base/strings.h"

namespace agentbox::plan {
namespace {

// Made whether config.json asks or not: a sandbox without them is none (DESIGN, section 4). With a
// cgroup namespace always, no path of the host's hierarchy shows in the container (CVE-2023-25809).
constexpr std::uint64_t kAlwaysCreated = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP;

// Sharing these with the host shows the host's names and clocks, and lets nothing be changed: they
// belong to the initial user namespace.
constexpr std::uint64_t kHarmlessToShare = CLONE_NEWUTS | abi::kCloneNewTime;

std::string KnownTypes() {
  std::string names;
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    names += (names.empty() ? "" : ", ") + std::string(kind.name);
  }
  return names;
}

Result<void> AddNamespace(const spec::Namespace& wanted,
                          const std::string& origin,
                          NamespacesPlan& plan,
                          std::uint64_t& seen) {
  const abi::NamespaceKind* kind = abi::FindNamespaceKind(wanted.type);
  if (kind == nullptr) {
    return Fail(Error(
        ErrorKind::kInvalidSpec,
        origin + ".type: " + Quoted(wanted.type) + " is not a namespace (" + KnownTypes() + ")"));
  }
  if ((seen & kind->flag) != 0) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      origin + ".type: " + Quoted(wanted.type) + " is listed twice"));
  }
  seen |= kind->flag;
  if (wanted.path.empty()) {
    plan.created |= kind->flag;
    return {};
  }
  if (!wanted.path.starts_with('/')) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      origin + ".path: " + Quoted(wanted.path) + " is not an absolute path"));
  }
  if (kind->flag == CLONE_NEWNS) {
    return Fail(Error(ErrorKind::kRefused,
                      origin + ".path: a sandbox does not join a mount namespace: its mounts could "
                               "not be locked"));
  }
  plan.joined.push_back({origin, kind->flag, wanted.path});
  return {};
}

Result<void> AddClockOffset(const std::string& clock,
                            const spec::TimeOffset& offset,
                            NamespacesPlan& plan) {
  const std::string origin = "linux.timeOffsets." + clock;
  if (clock != "monotonic" && clock != "boottime") {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      origin + ": not a clock that can be offset (monotonic, boottime)"));
  }
  if (offset.nanosecs >= 1'000'000'000) {
    return Fail(Error(ErrorKind::kInvalidSpec, origin + ".nanosecs: expected less than 10^9"));
  }
  if ((plan.created & abi::kCloneNewTime) == 0) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      origin + ": linux.namespaces has no new time namespace to set it in"));
  }
  plan.clock_offsets.push_back({origin, clock, offset.secs, offset.nanosecs});
  return {};
}

std::uint64_t MayShare(const policy::Policy& policy) {
  std::uint64_t flags = kHarmlessToShare;
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    const auto& allowed = policy.host_namespaces;
    if (std::ranges::find(allowed, kind.name) != allowed.end()) flags |= kind.flag;
  }
  return flags;
}

}  // namespace

Result<NamespacesPlan> PlanNamespaces(const spec::Config& config, const policy::Policy& policy) {
  const spec::Linux linux_part = config.linux_.value_or(spec::Linux());
  NamespacesPlan plan = {.may_share = MayShare(policy)};
  std::uint64_t seen = 0;
  for (const spec::Namespace& wanted : linux_part.namespaces) {
    const auto index = &wanted - linux_part.namespaces.data();
    TRY(AddNamespace(wanted, "linux.namespaces[" + std::to_string(index) + "]", plan, seen));
  }
  plan.created |= kAlwaysCreated & ~seen;

  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    if (((seen | plan.created) & kind.flag) != 0) continue;
    if ((plan.may_share & kind.flag) == 0) {
      return Fail(Error(ErrorKind::kRefused,
                        "linux.namespaces: without a " + std::string(kind.name) +
                            " namespace the container would share the host's; " +
                            NamespaceKeyHint(kind.name)));
    }
    plan.shared |= kind.flag;
  }
  for (const auto& [clock, offset] : linux_part.time_offsets) {
    TRY(AddClockOffset(clock, offset, plan));
  }
  return plan;
}

std::string NamespaceKeyHint(std::string_view kind) {
  return "the policy key namespaces.host has to name " + Quoted(kind) + " to allow it";
}

std::string ToString(const NamespacesPlan& plan) {
  std::string text;
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    const std::string name(kind.name);
    if ((plan.created & kind.flag) != 0) text += name + ": new\n";
    if ((plan.shared & kind.flag) != 0) text += name + ": the host's\n";
    for (const JoinedNamespace& joined : plan.joined) {
      if (joined.flag == kind.flag) {
        text += name + ": joins " + Printable(joined.path) + "  [" + joined.origin + "]\n";
      }
    }
  }
  for (const ClockOffset& offset : plan.clock_offsets) {
    text += offset.clock + ": " + std::to_string(offset.seconds) + " s " +
            std::to_string(offset.nanoseconds) + " ns  [" + offset.origin + "]\n";
  }
  return text;
}

}  // namespace agentbox::plan
