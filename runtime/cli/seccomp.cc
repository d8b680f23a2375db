#include <array>
#include <vector>

#include "cli/seccomp_json.h"
#include "cli/verbs.h"
#include "container/filters.h"
#include "plan/default_profile.h"
#include "plan/profile_text.h"
#include "policy/policy.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"profile", 0, "dev|debug|netns|engine|paranoid", "of this profile (default: dev)"},
    Option{"json", 0, "", "print it as JSON, with the rules for arguments"},
    Option{"bpf", 0, "", "write the program that the kernel runs, as an array of sock_filter"},
    Option{"explain", 0, "CALL", "print what each profile does with CALL, and why"},
};

Result<void> PrintProgram(policy::Profile profile) {
  const plan::SeccompPlan plan = {.filters = {plan::DefaultFilter(profile)}};
  const std::vector<abi::SeccompProgram> programs = TRY(container::CompileFilters(plan));
  const auto& instructions = programs.front().instructions;
  return Print({reinterpret_cast<const char*>(instructions.data()),
                instructions.size() * sizeof instructions.front()});
}

Result<void> PrintExplanation(const std::string& name) {
  const plan::SyscallEntry* const entry = plan::FindSyscall(name);
  if (entry != nullptr) return Print(plan::Explanation(*entry));
  std::vector<std::string_view> names;
  for (const plan::SyscallEntry& known : plan::SyscallTable())
    names.push_back(known.name);
  std::string message = "--explain: " + Quoted(name) + " is no system call of Linux 6.18";
  if (const auto nearest = Nearest(name, names)) {
    message += ": did you mean " + std::string(*nearest) + "?";
  }
  return Fail(Error(ErrorKind::kUsage, std::move(message)));
}

Result<int> Run(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  const std::string name = arguments.ValueOr("profile", "dev");
  const policy::Profile profile = policy::ProfileByName(name).value_or(policy::Profile::kDev);
  if (const auto syscall = arguments.Value("explain")) {
    TRY(PrintExplanation(*syscall));
  } else if (arguments.Has("bpf")) {
    TRY(PrintProgram(profile));
  } else if (arguments.Has("json")) {
    TRY(Print(ProfileJson(profile) + "\n"));
  } else {
    TRY(Print(plan::ProfileText(profile)));
  }
  return 0;
}

}  // namespace

constexpr Command kSeccomp = {
    .name = "seccomp",
    .words = "",
    .summary = "print what sandboxes may ask of the kernel: every system call, its answer, and why",
    .example = "agentbox seccomp --explain io_uring_setup",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
