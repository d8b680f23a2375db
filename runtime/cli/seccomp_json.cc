#include "cli/seccomp_json.h"

#include <string_view>
#include <utility>

#include "base/error.h"
#include "json/writer.h"
#include "plan/default_profile.h"
#include "plan/profile_text.h"
#include "plan/syscall_limits.h"

namespace agentbox::cli {
namespace {

using json::Writer;

// As in linux.seccomp of config.json.
void WriteCondition(Writer& writer, const plan::SeccompCondition& condition) {
  writer.BeginObject();
  writer.Member("index", condition.argument);
  writer.Member("op", plan::Name(condition.compare));
  writer.Member("value", condition.value);
  writer.Member("valueTwo", condition.value_two);
  writer.End();
}

void WriteRules(Writer& writer, std::string_view syscall, policy::Profile profile) {
  writer.BeginList("rules");
  for (const plan::SeccompRule& rule : plan::LimitRules(syscall, profile)) {
    const bool is_allowed = rule.decision.action == plan::SeccompAction::kAllow;
    writer.BeginObject();
    writer.Member("action", is_allowed ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO");
    if (!is_allowed) writer.Member("errno", ErrnoName(rule.decision.data));
    writer.BeginList("args");
    for (const plan::SeccompCondition& condition : rule.conditions)
      WriteCondition(writer, condition);
    writer.End();
    writer.End();
  }
  writer.End();
}

void WriteEntry(Writer& writer, const plan::SyscallEntry& entry, policy::Profile profile) {
  const plan::SyscallGround& ground = plan::GroundOf(entry, profile);
  writer.BeginObject();
  writer.Member("name", entry.name);
  writer.Member("number", *entry.Number());
  writer.Member("kind", plan::Name(ground.kind));
  writer.Member("reason", ground.reason);
  if (ground.number != 0) {
    writer.Member("errno", ErrnoName(ground.number));
    writer.Member("errnoReason", ground.errno_reason);
  }
  if (ground.kind == plan::SyscallKind::kLimited) {
    writer.Member("limit", plan::LimitOf(entry, profile));
    WriteRules(writer, entry.name, profile);
  }
  writer.End();
}

void WriteCounts(Writer& writer, policy::Profile profile) {
  const plan::SurfaceCounts counts = plan::CountSurface(profile);
  writer.BeginObject("counts");
  writer.Member("U", counts.unlimited);
  writer.Member("C", counts.limited);
  writer.Member("S", counts.served);
  writer.Member("D", counts.denied);
  writer.End();
}

}  // namespace

std::string ProfileJson(policy::Profile profile) {
  Writer writer("  ");
  writer.BeginObject();
  writer.Member("profile", policy::Name(profile));
  writer.Member(
      "architecture",
      plan::kNative == plan::Architecture::kAmd64 ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64");
  WriteCounts(writer, profile);
  writer.Member("newerCalls", "ENOSYS");
  writer.BeginList("syscalls");
  for (const plan::SyscallEntry& entry : plan::SyscallTable()) {
    if (entry.Number()) WriteEntry(writer, entry, profile);
  }
  writer.End();
  writer.End();
  return std::move(writer).Take();
}

}  // namespace agentbox::cli
