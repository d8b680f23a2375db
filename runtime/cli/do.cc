#include "container/do.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"review", 0, "", "keep writes to the working directory for review: the default"},
    Option{"throwaway", 0, "", "throw writes to the working directory away"},
    Option{"direct", 0, "", "let writes to the working directory through"},
    Option{"readonly", 0, "", "let nothing be written to the working directory"},
    Option{"network", 0, "none|host|pasta", "default: pasta where it is installed, else none"},
    Option{"env", 'e', "NAME[=VALUE]", "pass or set a variable; may be repeated"},
    Option{"cwd", 'C', "DIR", "working directory, in place of the current one"},
    Option{"hide", 0, "PATH", "leave a file or directory out; may be repeated"},
    Option{"show", 0, "PATH", "show one that the policy hides; may be repeated"},
    Option{"template", 0, "NAME", "start from a template (agentbox template list)"},
    Option{"memory", 'm', "BYTES", "limit of memory: 512m, 4g"},
    Option{"cpus", 0, "N", "limit of processor time: 1.5"},
    Option{"pids", 0, "N", "limit of processes and threads"},
    Option{"disk", 0, "BYTES", "limit of what is written to the throwaway layers: 2g"},
    Option{"profile", 0, "dev|debug|netns|engine|paranoid", "what the kernel lets the command do"},
    Option{"policy", 0, "FILE", "policy, in place of /etc/agentbox/policy.json"},
    Option{"name", 0, "ID", "name of the sandbox"},
    Option{"quiet", 'q', "", "no notes"},
    Option{"verbose", 0, "", "print the plan"},
};

// 1.5 is 150,000 microseconds of every 100,000.
constexpr double kPeriod = 100'000;

Error Bad(std::string_view option, const std::string& text, std::string_view expected) {
  return Error(ErrorKind::kUsage,
               std::string(option) + ": " + Quoted(text) + " is not " + std::string(expected));
}

Result<std::int64_t> ReadCpus(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || !(value >= 0.01) || value > 100'000) {
    return Fail(Bad("--cpus", text, "a number of processors, 0.01 or more"));
  }
  return std::lround(value * kPeriod);
}

Result<container::DoLimits> ReadLimits(const Arguments& arguments) {
  container::DoLimits limits;
  limits.memory = TRY(arguments.Size("memory"));
  if (limits.memory && *limits.memory <= 0) {
    return Fail(Bad("--memory", std::to_string(*limits.memory), "more than 0"));
  }
  if (const auto text = arguments.Value("cpus")) limits.cpu_quota = TRY(ReadCpus(*text));
  limits.pids = TRY(arguments.Number<std::int64_t>("pids"));
  if (limits.pids && *limits.pids <= 0) {
    return Fail(Bad("--pids", std::to_string(*limits.pids), "more than 0"));
  }
  return limits;
}

Result<std::optional<std::uint64_t>> ReadDisk(const Arguments& arguments) {
  const auto size = TRY(arguments.Size("disk"));
  if (!size) return std::optional<std::uint64_t>();
  if (*size <= 0) return Fail(Bad("--disk", std::to_string(*size), "more than 0"));
  return std::optional<std::uint64_t>(static_cast<std::uint64_t>(*size));
}

Result<std::optional<policy::MountMode>> ReadWorkspace(const Arguments& arguments) {
  using Mode = policy::MountMode;
  std::optional<Mode> asked_for;
  for (const Mode mode : {Mode::kDirect, Mode::kReview, Mode::kThrowaway, Mode::kReadonly}) {
    if (!arguments.Has(policy::Name(mode))) continue;
    if (asked_for) {
      return Fail(Error(ErrorKind::kUsage,
                        "--" + std::string(policy::Name(*asked_for)) + " and --" +
                            std::string(policy::Name(mode)) + " exclude each other"));
    }
    asked_for = mode;
  }
  return asked_for;
}

Result<container::DoOptions> ReadOptions(const Arguments& arguments) {
  container::DoOptions options;
  options.command = arguments.Words();
  options.name = arguments.ValueOr("name", "");
  options.workspace = TRY(ReadWorkspace(arguments));
  // The table has let none but their names through.
  options.network = policy::NetworkModeByName(arguments.ValueOr("network", ""));
  options.profile = policy::ProfileByName(arguments.ValueOr("profile", ""));
  options.env = arguments.Values("env");
  for (const std::string& variable : options.env) {
    if (variable.empty() || variable.front() == '=')
      return Fail(Bad("--env", variable, "NAME or NAME=VALUE"));
  }
  options.cwd = arguments.ValueOr("cwd", "");
  options.hide = arguments.Values("hide");
  options.show = arguments.Values("show");
  options.template_name = arguments.ValueOr("template", "");
  options.limits = TRY(ReadLimits(arguments));
  options.disk_limit = TRY(ReadDisk(arguments));
  options.is_quiet = arguments.Has("quiet");
  options.is_verbose = arguments.Has("verbose");
  return options;
}

Result<int> Run(const Invocation& invocation) {
  const container::DoOptions options = TRY(ReadOptions(invocation.arguments));
  container::Runtime runtime = invocation.runtime;
  runtime.policy_file = invocation.arguments.ValueOr("policy", runtime.policy_file);
  return container::Do(runtime, options);
}

}  // namespace

constexpr Command kDo = {
    .name = "do",
    .words = "COMMAND...",
    .summary = "run a command on a copy of this system, its changes kept for review",
    .example = "agentbox do -- make test",
    .options = kOptions,
    .run = Run,
    .order = Order::kOptionsFirst,
    .failure_status = container::kDoFailed,
    .usage_status = container::kDoFailed,
    .mounts = true,
};

}  // namespace agentbox::cli
