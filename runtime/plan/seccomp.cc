#include "plan/seccomp.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/printable.h"
#include "base/strings.h"
#include "plan/default_profile.h"
#include "plan/known_profiles.h"

namespace agentbox::plan {
namespace {

constexpr std::array<std::pair<std::string_view, SeccompAction>, 9> kActions = {{
    {"SCMP_ACT_KILL", SeccompAction::kKillThread},
    {"SCMP_ACT_KILL_THREAD", SeccompAction::kKillThread},
    {"SCMP_ACT_KILL_PROCESS", SeccompAction::kKillProcess},
    {"SCMP_ACT_TRAP", SeccompAction::kTrap},
    {"SCMP_ACT_ERRNO", SeccompAction::kErrno},
    {"SCMP_ACT_NOTIFY", SeccompAction::kNotify},
    {"SCMP_ACT_TRACE", SeccompAction::kTrace},
    {"SCMP_ACT_LOG", SeccompAction::kLog},
    {"SCMP_ACT_ALLOW", SeccompAction::kAllow},
}};

constexpr std::array<std::pair<std::string_view, SeccompCompare>, 7> kOperators = {{
    {"SCMP_CMP_NE", SeccompCompare::kNe},
    {"SCMP_CMP_LT", SeccompCompare::kLt},
    {"SCMP_CMP_LE", SeccompCompare::kLe},
    {"SCMP_CMP_EQ", SeccompCompare::kEq},
    {"SCMP_CMP_GE", SeccompCompare::kGe},
    {"SCMP_CMP_GT", SeccompCompare::kGt},
    {"SCMP_CMP_MASKED_EQ", SeccompCompare::kMaskedEq},
}};

constexpr std::array<std::pair<std::string_view, unsigned>, 4> kFlags = {{
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
}};

constexpr std::array<std::string_view, 23> kArchitectures = {
    "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",     "SCMP_ARCH_ARM",
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",  "SCMP_ARCH_MIPS64N32",
    "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_PPC",     "SCMP_ARCH_MIPSEL64N32",
    "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",    "SCMP_ARCH_S390X",
    "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64", "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",
};

// What init still calls between loading the filter and handing the listener on: answered by nobody,
// it would wait for ever. runc refuses "write" for the same reason.
constexpr std::string_view kNeededByInit = "sendmsg";

// The kernel's MAX_ERRNO; and what fits into the data of an action.
constexpr std::uint32_t kHighestErrno = 4095;
constexpr std::uint32_t kHighestData = 0xffff;

tl::unexpected<Error> Invalid(const std::string& path, const std::string& what) {
  return Fail(Error(ErrorKind::kInvalidSpec, path + ": " + what));
}

std::string Entry(const std::string& list, std::size_t index) {
  return list + "[" + std::to_string(index) + "]";
}

template <typename Names>
auto Find(const Names& names, const std::string& text, const std::string& path)
    -> Result<decltype(names.front().second)> {
  const auto* const found = std::ranges::find(names, text, &Names::value_type::first);
  if (found == names.end()) return Invalid(path, Quoted(text) + " is not known");
  return found->second;
}

Result<SeccompDecision> ReadDecision(const std::string& action,
                                     const std::optional<std::uint32_t>& data,
                                     const std::string& action_path,
                                     const std::string& data_path) {
  SeccompDecision decision;
  decision.action = TRY(Find(kActions, action, action_path));
  const bool is_errno = decision.action == SeccompAction::kErrno;
  const bool takes_data = is_errno || decision.action == SeccompAction::kTrace;
  if (data && !takes_data) return Invalid(data_path, action + " has no errno");
  if (data && *data > (is_errno ? kHighestErrno : kHighestData)) {
    return Invalid(data_path, std::to_string(*data) + " is not an errno");
  }
  if (takes_data) decision.data = static_cast<std::uint16_t>(data.value_or(EPERM));
  return decision;
}

Result<SeccompCondition> ReadCondition(const spec::SeccompArgument& argument,
                                       const std::string& path) {
  if (argument.index > 5) {
    return Invalid(path + ".index", std::to_string(argument.index) + " is not between 0 and 5");
  }
  SeccompCondition condition = {
      .argument = argument.index, .value = argument.value, .value_two = argument.value_two};
  condition.compare = TRY(Find(kOperators, argument.op, path + ".op"));
  return condition;
}

// The condition lists of one rule: a single one of which all must hold, or, where an argument is
// named twice, one for each, as runc has it (libseccomp takes an argument once in a rule).
Result<std::vector<std::vector<SeccompCondition>>> ReadConditions(
    const std::vector<spec::SeccompArgument>& arguments, const std::string& path) {
  std::vector<SeccompCondition> all;
  bool is_repeated = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const SeccompCondition condition = TRY(ReadCondition(arguments[i], Entry(path, i)));
    is_repeated |=
        std::ranges::find(all, condition.argument, &SeccompCondition::argument) != all.end();
    all.push_back(condition);
  }
  std::vector<std::vector<SeccompCondition>> lists;
  if (!is_repeated) {
    lists.push_back(std::move(all));
  } else {
    for (const SeccompCondition& condition : all)
      lists.push_back({condition});
  }
  return lists;
}

Result<std::vector<SeccompRule>> ReadRule(const spec::SeccompRule& rule, const std::string& path) {
  const SeccompDecision decision =
      TRY(ReadDecision(rule.action, rule.errno_ret, path + ".action", path + ".errnoRet"));
  const auto lists = TRY(ReadConditions(rule.args, path + ".args"));
  std::vector<SeccompRule> rules;
  for (std::size_t i = 0; i < rule.names.size(); ++i) {
    if (decision.action == SeccompAction::kNotify && rule.names[i] == kNeededByInit) {
      return Invalid(Entry(path + ".names", i),
                     "SCMP_ACT_NOTIFY can not be had for " + rule.names[i] +
                         ": init makes it before an agent can answer");
    }
    for (const auto& conditions : lists)
      rules.push_back({rule.names[i], decision, conditions});
  }
  return rules;
}

// Strictest first, as the kernel ranks the answers of several filters (seccomp(2)).
unsigned Rank(SeccompAction action) {
  constexpr std::array kStrictestFirst = {
      SeccompAction::kKillProcess,
      SeccompAction::kKillThread,
      SeccompAction::kTrap,
      SeccompAction::kErrno,
      SeccompAction::kNotify,
      SeccompAction::kTrace,
      SeccompAction::kLog,
      SeccompAction::kAllow,
  };
  return static_cast<unsigned>(std::ranges::find(kStrictestFirst, action) -
                               kStrictestFirst.begin());
}

// In an order in which the first rule that fits is the one that decides: by name, without
// conditions first (the rules after such a one are never reached), then the strictest.
void Order(std::vector<SeccompRule>& rules) {
  const auto before = [](const SeccompRule& one, const SeccompRule& other) {
    if (one.syscall != other.syscall) return one.syscall < other.syscall;
    if (one.conditions.empty() != other.conditions.empty()) return one.conditions.empty();
    if (one.conditions.empty()) return false;
    return Rank(one.decision.action) < Rank(other.decision.action);
  };
  std::ranges::stable_sort(rules, before);
  std::vector<SeccompRule> reached;
  for (SeccompRule& rule : rules) {
    const bool is_covered = !reached.empty() && reached.back().syscall == rule.syscall &&
                            reached.back().conditions.empty();
    if (!is_covered) reached.push_back(std::move(rule));
  }
  rules = std::move(reached);
}

Result<SeccompFilter> ReadFilter(const spec::Seccomp& seccomp) {
  const std::string path = "linux.seccomp";
  SeccompFilter filter = {.origin = path,
                          .architectures = seccomp.architectures,
                          .listener_path = seccomp.listener_path,
                          .listener_metadata = seccomp.listener_metadata};
  filter.otherwise = TRY(ReadDecision(seccomp.default_action,
                                      seccomp.default_errno_ret,
                                      path + ".defaultAction",
                                      path + ".defaultErrnoRet"));
  if (filter.otherwise.action == SeccompAction::kNotify) {
    return Invalid(path + ".defaultAction", "SCMP_ACT_NOTIFY can not be the default");
  }
  for (std::size_t i = 0; i < seccomp.architectures.size(); ++i) {
    if (std::ranges::find(kArchitectures, seccomp.architectures[i]) == kArchitectures.end()) {
      return Invalid(Entry(path + ".architectures", i),
                     Quoted(seccomp.architectures[i]) + " is not known");
    }
  }
  for (std::size_t i = 0; i < seccomp.flags.size(); ++i) {
    filter.flags |= TRY(Find(kFlags, seccomp.flags[i], Entry(path + ".flags", i)));
  }
  // Without flags runc leaves speculation alone: the mitigation costs more than it protects.
  if (seccomp.flags.empty()) filter.flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  for (std::size_t i = 0; i < seccomp.syscalls.size(); ++i) {
    for (SeccompRule& rule : TRY(ReadRule(seccomp.syscalls[i], Entry(path + ".syscalls", i)))) {
      filter.rules.push_back(std::move(rule));
    }
  }
  if (Notifies(filter) && filter.listener_path.empty()) {
    return Invalid(path + ".listenerPath", "missing, while rules have SCMP_ACT_NOTIFY");
  }
  return filter;
}

std::string ToString(const SeccompDecision& decision) {
  if (decision.action == SeccompAction::kErrno) {
    return ErrnoName(decision.data);
  }
  // The plain name comes after the alias SCMP_ACT_KILL.
  std::string_view text;
  for (const auto& [name, action] : kActions) {
    if (action == decision.action) text = name;
  }
  text.remove_prefix(std::string_view("SCMP_ACT_").size());
  return std::string(text);
}

std::string Hexadecimal(std::uint64_t value) {
  std::array<char, 16> digits = {};
  const auto end = std::to_chars(digits.begin(), digits.end(), value, 16).ptr;
  return "0x" + std::string(digits.begin(), end);
}

std::string ToString(const SeccompCondition& condition) {
  constexpr std::array<std::string_view, 7> kSigns = {"!=", "<", "<=", "==", ">=", ">", "&"};
  const std::string argument = "arg" + std::to_string(condition.argument);
  if (condition.compare == SeccompCompare::kMaskedEq) {
    const std::string wanted = " == " + std::to_string(condition.value_two);
    if (condition.value == 0xffffffff) return "int(" + argument + ")" + wanted;
    return argument + " & " + Hexadecimal(condition.value) + wanted;
  }
  const std::string_view sign = kSigns[static_cast<std::size_t>(condition.compare)];
  return argument + " " + std::string(sign) + " " + std::to_string(condition.value);
}

std::vector<std::string> BoundingSet(const spec::Config& config) {
  if (!config.process || !config.process->capabilities) return {};
  return config.process->capabilities->bounding;
}

}  // namespace

std::string_view Name(SeccompCompare compare) {
  for (const auto& [name, value] : kOperators) {
    if (value == compare) return name;
  }
  return {};
}

bool Notifies(const SeccompFilter& filter) {
  return std::ranges::any_of(filter.rules, [](const SeccompRule& rule) {
    return rule.decision.action == SeccompAction::kNotify;
  });
}

Result<SeccompPlan> PlanSeccomp(const spec::Config& config, const policy::Policy& policy) {
  SeccompPlan plan;
  // Ours first: the second is loaded under the first, which must not refuse seccomp(2).
  plan.filters.push_back(TRY(OwnFilter(policy)));
  if (!config.linux_ || !config.linux_->seccomp) return plan;
  SeccompFilter filter = TRY(ReadFilter(*config.linux_->seccomp));
  const Recognition recognition =
      RecognizeDefault(filter, BoundingSet(config), config.annotations, policy);
  if (!recognition.engine.empty()) {
    plan.engine_profile = "the default of " + std::string(recognition.engine) +
                          ": replaced by profile " + std::string(policy::Name(policy.profile));
    return plan;
  }
  plan.engine_profile = "enforced too: " + recognition.difference;
  Order(filter.rules);
  plan.filters.push_back(std::move(filter));
  return plan;
}

std::string ToString(const SeccompRule& rule) {
  std::string text = Printable(rule.syscall) + ": " + ToString(rule.decision);
  for (const SeccompCondition& condition : rule.conditions) {
    text += (&condition == &rule.conditions.front() ? " if " : " and ") + ToString(condition);
  }
  return text;
}

std::string ToString(const SeccompFilter& filter) {
  std::string text =
      "filter: otherwise " + ToString(filter.otherwise) + "  [" + filter.origin + "]\n";
  for (const auto& [name, flag] : kFlags) {
    if ((filter.flags & flag) != 0) text += "flag " + std::string(name) + "\n";
  }
  if (!filter.architectures.empty()) {
    text += "architectures " + Join(filter.architectures, " ") + "\n";
  }
  if (!filter.listener_path.empty()) {
    text += "notifications to " + Printable(filter.listener_path) + "\n";
  }
  for (const SeccompRule& rule : filter.rules)
    text += ToString(rule) + "\n";
  return text;
}

}  // namespace agentbox::plan
