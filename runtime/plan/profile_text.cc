#include "plan/profile_text.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "plan/default_profile.h"
#include "plan/syscall_limits.h"
#include "policy/keys.h"

namespace agentbox::plan {
namespace {

using policy::Profile;

constexpr std::array kProfiles = {
    Profile::kDev, Profile::kDebug, Profile::kNetns, Profile::kEngine, Profile::kParanoid};

constexpr std::array kKinds = {
    SyscallKind::kHost, SyscallKind::kLimited, SyscallKind::kSentry, SyscallKind::kDenied};

std::string Padded(std::string_view text, std::size_t width) {
  std::string padded(text);
  padded.resize(std::max(width, text.size()), ' ');
  return padded;
}

std::string CountsText(Profile profile, Architecture architecture) {
  const SurfaceCounts counts = CountSurface(profile, architecture);
  return "U " + std::to_string(counts.unlimited) + ", C " + std::to_string(counts.limited) +
         ", S " + std::to_string(counts.served) + ", D " + std::to_string(counts.denied);
}

// What a call gets, and why: "denied with ENOSYS: reason (why that errno)".
std::string AnswerText(const SyscallEntry& entry, Profile profile) {
  const SyscallGround& ground = GroundOf(entry, profile);
  std::string text(Name(ground.kind));
  if (ground.number != 0) text += " " + ErrnoName(ground.number);
  text += ": " + std::string(ground.reason);
  const std::string_view limit = LimitOf(entry, profile);
  if (!limit.empty()) text += ": " + std::string(limit);
  if (!ground.errno_reason.empty()) text += " (" + std::string(ground.errno_reason) + ")";
  return text;
}

std::string NumberText(const SyscallEntry& entry, Architecture architecture) {
  const auto number = entry.Number(architecture);
  return number ? std::to_string(*number) : "none";
}

// ---- the manual ----

// Hyphens and backslashes as man(7) wants them.
std::string Roff(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    if (character == '-' || character == '\\') escaped += '\\';
    escaped += character;
  }
  return escaped;
}

// Calls of one ground, in the order of the table.
struct Group {
  const SyscallGround* ground;
  std::vector<std::string_view> syscalls;
};

std::vector<Group> GroupsOf(SyscallKind kind) {
  std::vector<Group> groups;
  for (const SyscallEntry& entry : SyscallTable()) {
    if (entry.ground->kind != kind || !entry.Number(Architecture::kAmd64)) continue;
    auto group = std::ranges::find(groups, entry.ground, &Group::ground);
    if (group == groups.end()) group = groups.insert(group, {entry.ground, {}});
    group->syscalls.push_back(entry.name);
  }
  return groups;
}

std::string ManualGroup(const Group& group) {
  std::string text = ".TP\n.B ";
  for (const std::string_view syscall : group.syscalls)
    text += Roff(syscall) + (syscall == group.syscalls.back() ? "\n" : " ");
  if (group.ground->number != 0) text += ErrnoName(group.ground->number) + ": ";
  text += Roff(group.ground->reason) + ".\n";
  if (!group.ground->errno_reason.empty()) {
    text += "The errno is " + Roff(group.ground->errno_reason) + ".\n";
  }
  return text;
}

std::string ManualLimits() {
  std::string text;
  for (const SyscallLimit& limit : SyscallLimits())
    text += ".TP\n.B " + Roff(limit.syscall) + "\n" + Roff(limit.text) + ".\n";
  return text;
}

std::string ManualChanges(Profile profile) {
  std::string text = ".TP\n.B " + std::string(policy::Name(profile)) + "\n" +
                     CountsText(profile, Architecture::kAmd64) + ".\n";
  for (const SyscallKind kind : kKinds) {
    std::string names;
    for (const SyscallEntry& entry : SyscallTable()) {
      const SyscallGround& ground = GroundOf(entry, profile);
      if (&ground == entry.ground || ground.kind != kind) continue;
      names += (names.empty() ? "" : ", ") + Roff(entry.name);
    }
    if (!names.empty()) text += "Now " + std::string(Name(kind)) + ": " + names + ".\n";
  }
  return text;
}

}  // namespace

std::string_view Name(SyscallKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"host", "limited", "sentry", "denied"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view LimitOf(const SyscallEntry& entry, Profile profile) {
  if (GroundOf(entry, profile).kind != SyscallKind::kLimited) return {};
  const SyscallLimit* const limit = FindLimit(entry.name);
  return limit != nullptr ? limit->text : std::string_view();
}

std::string ProfileText(Profile profile) {
  std::string text = "profile " + std::string(policy::Name(profile)) + ": " +
                     CountsText(profile, kNative) +
                     "\n(U host, C limited, S for the sentry, D denied; newer calls: ENOSYS)\n";
  for (const SyscallEntry& entry : SyscallTable()) {
    if (!entry.Number()) continue;
    text += Padded(NumberText(entry, kNative), 4) + Padded(entry.name, 24) +
            AnswerText(entry, profile) + "\n";
  }
  return text;
}

std::string Explanation(const SyscallEntry& entry) {
  std::string text = std::string(entry.name) + "(2): number " +
                     NumberText(entry, Architecture::kAmd64) + " on x86-64, " +
                     NumberText(entry, Architecture::kArm64) + " on arm64\n";
  for (const Profile profile : kProfiles) {
    const std::string name(policy::Name(profile));
    text += Padded(name, 10) + AnswerText(entry, profile) + "\n";
    if (GroundOf(entry, profile).kind != SyscallKind::kLimited) continue;
    for (const SeccompRule& rule : LimitRules(entry.name, profile))
      text += std::string(12, ' ') + ToString(rule) + "\n";
  }
  return text;
}

std::string ManualTable() {
  const auto groups = [](SyscallKind kind) {
    std::string text;
    for (const Group& group : GroupsOf(kind))
      text += ManualGroup(group);
    return text;
  };
  std::string text = ".SS In the host's kernel, with any arguments\n";
  text += groups(SyscallKind::kHost);
  text += ".SS In the host's kernel, with limited arguments\n";
  text += "Clone is limited in the profile paranoid alone, perf_event_open open in debug alone.\n";
  text += ManualLimits();
  text += ".SS For the sentry; until there is one, an errno\n";
  text += groups(SyscallKind::kSentry);
  text += ".SS Denied\n";
  text += groups(SyscallKind::kDenied);
  text += ".SS What profiles change\n";
  for (const Profile profile : kProfiles)
    text += ManualChanges(profile);
  return text;
}

}  // namespace agentbox::plan
