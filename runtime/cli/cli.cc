#include "cli/cli.h"

#include <cstdio>
#include <string>
#include <vector>

#include "cli/command.h"
#include "container/invocation.h"

namespace agentbox::cli {
namespace {

constexpr int kUsageStatus = 1;

// As engines parse it: Docker takes the name and the version of the first line.
constexpr std::string_view kVersion = "agentbox version " AGENTBOX_VERSION "\nspec: 1.3.0\n";

// One line to standard error, and one to the log if that is another file.
void Report(const Log& log, const std::string& context, const Error& error) {
  const std::string line = "agentbox: " + context + error.ToString();
  if (log.HasFile()) log.Error(line);
  std::fprintf(stderr, "%s\n", line.c_str());
}

Result<Log> OpenLog(const Arguments& global) {
  UniqueFd file;
  // As for runc: /dev/stderr is where messages go in any case.
  const std::string path = global.ValueOr("log", "");
  if (!path.empty() && path != "/dev/stderr") file = TRY(container::OpenLog(path));
  const bool is_json = global.ValueOr("log-format", "text") == "json";
  return Log(std::move(file),
             is_json ? LogFormat::kJson : LogFormat::kText,
             global.Has("debug") ? LogLevel::kDebug : LogLevel::kInfo);
}

Result<container::Runtime> MakeRuntime(const Arguments& global, const Log& log) {
  container::Runtime runtime;
  runtime.root = global.ValueOr("root", "");
  if (runtime.root.empty()) runtime.root = TRY(container::DefaultRoot());
  runtime.log = &log;
  runtime.cgroup.systemd_driver = global.Has("systemd-cgroup");
  const std::string manager = global.ValueOr("cgroup-manager", "");
  if (!manager.empty()) runtime.cgroup.systemd_driver = manager == "systemd";
  runtime.cgroup.disabled = manager == "disabled";
  runtime.policy_file = global.ValueOr("policy", "");
  return runtime;
}

std::vector<Option> WithHelp(std::span<const Option> options) {
  std::vector<Option> all(options.begin(), options.end());
  all.push_back({"help", 'h', "", ""});
  return all;
}

// "create c1: ", so far as it is known.
std::string Context(const Command& command, const std::vector<std::string>& words) {
  std::string context(command.name);
  if (command.TakesId() && !words.empty()) {
    const std::string& id = words.front();
    context += " " + (container::CheckId(id) ? id : Quoted(id));
  }
  return context + ": ";
}

int RunCommand(const Command& command,
               const std::vector<std::string>& words,
               const Arguments& global,
               const Log& log) {
  const std::vector<Option> options = WithHelp(command.options);
  const auto arguments = Arguments::Parse(options, words, command.order);
  if (!arguments) {
    Report(log, std::string(command.name) + ": ", arguments.error());
    return kUsageStatus;
  }
  if (arguments->Has("help")) return Print(Help(command)) ? 0 : 1;
  const std::string context = Context(command, arguments->Words());
  if (const auto check = CheckWords(command, arguments->Words()); !check) {
    Report(log, std::string(command.name) + ": ", check.error());
    return kUsageStatus;
  }
  const auto runtime = MakeRuntime(global, log);
  if (!runtime) {
    Report(log, context, runtime.error());
    return 1;
  }
  const auto status = command.run({.runtime = *runtime, .arguments = *arguments});
  if (status) return *status;
  Report(log, context, status.error());
  return status.error().Kind() == ErrorKind::kUsage ? kUsageStatus : command.failure_status;
}

// What the options before the command ask for on their own; the exit status then.
std::optional<int> RunWithoutCommand(const Arguments& global) {
  if (global.Has("version")) return Print(kVersion) ? 0 : 1;
  const auto& words = global.Words();
  if (global.Has("help") || words.empty()) return Print(Help()) ? 0 : 1;
  if (words.front() == "help" && words.size() == 1) return Print(Help()) ? 0 : 1;
  return std::nullopt;
}

}  // namespace

int Main(int argc, char** argv) {
  const Log standard_error(UniqueFd(), LogFormat::kText, LogLevel::kInfo);
  if (const auto prepared = container::PrepareProcess(); !prepared) {
    Report(standard_error, "", prepared.error());
    return 1;
  }
  const std::vector<Option> options = WithHelp(GlobalOptions());
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto global = Arguments::Parse(options, arguments, Order::kOptionsFirst);
  if (!global) {
    Report(standard_error, "", global.error());
    return kUsageStatus;
  }
  if (const auto status = RunWithoutCommand(*global)) return *status;
  const auto log = OpenLog(*global);
  if (!log) {
    Report(standard_error, "", log.error());
    return 1;
  }
  std::vector<std::string> words = global->Words();
  // "help COMMAND" is "COMMAND --help".
  if (words.front() == "help") words = {words[1], "--help"};
  const auto command = FindCommand(words.front());
  if (!command) {
    Report(*log, "", command.error());
    return kUsageStatus;
  }
  words.erase(words.begin());
  return RunCommand(**command, words, *global, *log);
}

}  // namespace agentbox::cli
