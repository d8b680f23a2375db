#include "plan/process.h"

#include <limits>

#include "base/printable.h"
#include "base/strings.h"
#include "plan/capabilities.h"
#include "plan/scheduling.h"

namespace agentbox::plan {
namespace {

tl::unexpected<Error> Invalid(const std::string& path, const std::string& what) {
  return Fail(Error(ErrorKind::kInvalidSpec, path + ": " + what));
}

std::string Entry(const std::string& list, std::size_t index) {
  return list + "[" + std::to_string(index) + "]";
}

bool HasNul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

// The kernel takes 2^32-1 for "no id".
Result<void> CheckId(std::uint32_t id, const std::string& path) {
  if (id != std::numeric_limits<std::uint32_t>::max()) return {};
  return Invalid(path, std::to_string(id) + " is not an id");
}

Result<void> PlanUser(const spec::User& user, const std::string& path, ProcessPlan& plan) {
  TRY(CheckId(user.uid, path + ".uid"));
  TRY(CheckId(user.gid, path + ".gid"));
  for (std::size_t i = 0; i < user.additional_gids.size(); ++i) {
    TRY(CheckId(user.additional_gids[i], Entry(path + ".additionalGids", i)));
  }
  if (user.umask && *user.umask > 0777) {
    return Invalid(path + ".umask", std::to_string(*user.umask) + " is above 0777");
  }
  plan.uid = user.uid;
  plan.gid = user.gid;
  plan.additional_gids = user.additional_gids;
  plan.umask = user.umask;
  return {};
}

Result<void> CheckProgram(const spec::Process& process, const std::string& path) {
  if (process.args.empty()) return Invalid(path + ".args", "expected at least one string");
  for (std::size_t i = 0; i < process.args.size(); ++i) {
    if (HasNul(process.args[i])) return Invalid(Entry(path + ".args", i), "has a NUL in it");
  }
  for (std::size_t i = 0; i < process.env.size(); ++i) {
    const std::string& variable = process.env[i];
    if (HasNul(variable)) return Invalid(Entry(path + ".env", i), "has a NUL in it");
    if (variable.find('=') == std::string::npos || variable.starts_with('=')) {
      return Invalid(Entry(path + ".env", i), Quoted(variable) + " is not NAME=VALUE");
    }
  }
  if (!process.cwd.starts_with('/') || HasNul(process.cwd)) {
    return Invalid(path + ".cwd", Quoted(process.cwd) + " is not an absolute path");
  }
  return {};
}

Result<void> PlanLabels(const spec::Process& process,
                        const HostFacts& facts,
                        const std::string& path,
                        ProcessPlan& plan) {
  // Engines say "unconfined" where there is nothing to be confined by.
  const bool wants_apparmor =
      !process.apparmor_profile.empty() && process.apparmor_profile != "unconfined";
  if (wants_apparmor && !facts.has_apparmor) {
    return Fail(Error(ErrorKind::kUnsupported,
                      path + ".apparmorProfile: " + Quoted(process.apparmor_profile) +
                          ": this host has no AppArmor"));
  }
  if (!process.selinux_label.empty() && !facts.has_selinux) {
    return Fail(Error(
        ErrorKind::kUnsupported,
        path + ".selinuxLabel: " + Quoted(process.selinux_label) + ": this host has no SELinux"));
  }
  if (facts.has_apparmor) plan.apparmor_profile = process.apparmor_profile;
  plan.selinux_label = process.selinux_label;
  return {};
}

Result<void> PlanScheduling(const spec::Process& process,
                            const std::string& path,
                            ProcessPlan& plan) {
  plan.rlimits = TRY(PlanRlimits(process.rlimits, path + ".rlimits"));
  if (process.oom_score_adj && (*process.oom_score_adj < -1000 || *process.oom_score_adj > 1000)) {
    return Invalid(path + ".oomScoreAdj",
                   std::to_string(*process.oom_score_adj) + " is not between -1000 and 1000");
  }
  plan.oom_score_adj = process.oom_score_adj;
  if (process.scheduler) {
    plan.scheduler = TRY(PlanScheduler(*process.scheduler, path + ".scheduler"));
  }
  if (process.io_priority) {
    plan.io_priority = TRY(PlanIoPriority(*process.io_priority, path + ".ioPriority"));
  }
  if (process.exec_cpu_affinity) {
    const std::string affinity = path + ".execCPUAffinity";
    plan.initial_cpus =
        TRY(ReadNumberList(process.exec_cpu_affinity->initial, kHighestCpu, affinity + ".initial"));
    plan.final_cpus =
        TRY(ReadNumberList(process.exec_cpu_affinity->final, kHighestCpu, affinity + ".final"));
  }
  return {};
}

// What config.json says of the process elsewhere than in `process`.
Result<void> PlanLinux(const spec::Linux& linux_, ProcessPlan& plan) {
  if (linux_.personality) {
    plan.personality = TRY(PlanPersonality(*linux_.personality, "linux.personality"));
  }
  if (linux_.memory_policy) {
    plan.memory_policy = TRY(PlanMemoryPolicy(*linux_.memory_policy, "linux.memoryPolicy"));
  }
  return {};
}

std::string NumbersOf(const std::vector<std::uint32_t>& numbers) {
  std::vector<std::string> texts;
  for (const std::uint32_t number : numbers)
    texts.push_back(std::to_string(number));
  return Join(texts, " ");
}

std::string Octal(std::uint32_t mask) {
  return "0" + std::to_string(mask >> 6U & 7U) + std::to_string(mask >> 3U & 7U) +
         std::to_string(mask & 7U);
}

std::string LimitOf(std::uint64_t value) {
  return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

// Of an environment the names alone: a value may be a secret.
std::string VariableNames(const std::vector<std::string>& env) {
  std::vector<std::string> names;
  for (const std::string& variable : env)
    names.push_back(variable.substr(0, variable.find('=')));
  return Join(names, " ");
}

class Lines {
 public:
  explicit Lines(std::string origin) : origin_(std::move(origin)) {}

  void Add(const std::string& text, const std::string& field) {
    text_ += Printable(text) + "  [" + origin_ + field + "]\n";
  }
  std::string Text() && { return std::move(text_); }

 private:
  std::string origin_;
  std::string text_;
};

void AddCapabilities(const CapabilitySets& sets, Lines& lines) {
  const std::string field = ".capabilities.";
  lines.Add("bounding " + NamesOf(sets.bounding), field + "bounding");
  lines.Add("permitted " + NamesOf(sets.permitted), field + "permitted");
  if (sets.effective != sets.permitted) {
    lines.Add("effective " + NamesOf(sets.effective), field + "effective");
  }
  if (sets.inheritable != 0) {
    lines.Add("inheritable " + NamesOf(sets.inheritable), field + "inheritable");
  }
  if (sets.ambient != 0) lines.Add("ambient " + NamesOf(sets.ambient), field + "ambient");
}

void AddScheduling(const ProcessPlan& plan, Lines& lines) {
  for (std::size_t i = 0; i < plan.rlimits.size(); ++i) {
    const RlimitStep& step = plan.rlimits[i];
    lines.Add("limit " + step.name + " " + LimitOf(step.soft) + " " + LimitOf(step.hard),
              Entry(".rlimits", i));
  }
  if (plan.oom_score_adj) {
    lines.Add("oom score " + std::to_string(*plan.oom_score_adj), ".oomScoreAdj");
  }
  if (plan.scheduler) {
    lines.Add("scheduler policy " + std::to_string(plan.scheduler->policy) + " nice " +
                  std::to_string(plan.scheduler->nice) + " priority " +
                  std::to_string(plan.scheduler->priority),
              ".scheduler");
  }
  if (plan.io_priority) {
    lines.Add("io priority " + std::to_string(*plan.io_priority), ".ioPriority");
  }
  if (!plan.initial_cpus.empty()) {
    lines.Add("cpus at first " + NumbersOf(plan.initial_cpus), ".execCPUAffinity.initial");
  }
  if (!plan.final_cpus.empty()) {
    lines.Add("cpus " + NumbersOf(plan.final_cpus), ".execCPUAffinity.final");
  }
}

}  // namespace

Result<ProcessPlan> PlanProcess(const spec::Process& process,
                                const spec::Config& config,
                                const HostFacts& facts,
                                const std::string& path) {
  ProcessPlan plan = {.origin = path,
                      .args = process.args,
                      .env = process.env,
                      .cwd = process.cwd,
                      .terminal = process.terminal,
                      .no_new_privileges = process.no_new_privileges};
  TRY(CheckProgram(process, path));
  if (process.terminal) plan.console_size = process.console_size;
  TRY(PlanUser(process.user, path + ".user", plan));
  plan.capabilities = PlanCapabilities(process.capabilities.value_or(spec::Capabilities()),
                                       facts,
                                       path + ".capabilities",
                                       plan.warnings);
  TRY(PlanScheduling(process, path, plan));
  TRY(PlanLabels(process, facts, path, plan));
  if (config.linux_) TRY(PlanLinux(*config.linux_, plan));
  return plan;
}

std::string ToString(const ProcessPlan& plan) {
  Lines lines(plan.origin);
  std::vector<std::string> args;
  for (const std::string& arg : plan.args)
    args.push_back(Quoted(arg));
  lines.Add("run " + Join(args, " "), ".args");
  lines.Add("in " + plan.cwd, ".cwd");
  std::string user = "as " + std::to_string(plan.uid) + ":" + std::to_string(plan.gid);
  if (!plan.additional_gids.empty()) user += " groups " + NumbersOf(plan.additional_gids);
  lines.Add(user, ".user");
  if (plan.umask) lines.Add("umask " + Octal(*plan.umask), ".user.umask");
  if (!plan.env.empty()) lines.Add("environment " + VariableNames(plan.env), ".env");
  if (plan.terminal) lines.Add("terminal", ".terminal");
  if (plan.console_size) {
    lines.Add(std::to_string(plan.console_size->width) + " columns, " +
                  std::to_string(plan.console_size->height) + " lines",
              ".consoleSize");
  }
  AddCapabilities(plan.capabilities, lines);
  if (plan.no_new_privileges) lines.Add("no new privileges", ".noNewPrivileges");
  AddScheduling(plan, lines);
  if (!plan.apparmor_profile.empty()) {
    lines.Add("AppArmor profile " + plan.apparmor_profile, ".apparmorProfile");
  }
  if (!plan.selinux_label.empty()) lines.Add("SELinux " + plan.selinux_label, ".selinuxLabel");

  std::string text = std::move(lines).Text();
  if (plan.personality) {
    text += "personality " + std::to_string(*plan.personality) + "  [linux.personality]\n";
  }
  if (plan.memory_policy) {
    text += "memory policy " + std::to_string(plan.memory_policy->mode) + " nodes " +
            NumbersOf(plan.memory_policy->nodes) + "  [linux.memoryPolicy]\n";
  }
  return text;
}

}  // namespace agentbox::plan
