#include "cli/cli.h"

#include <cstdio>
#include <string>
#include <vector>

#include "cli/command.h"
#include "container/invocation.h"

namespace agentbox::cli {
namespace {

// As engines parse it: Docker takes the name and the version of the first line.
constexpr std::string_view kVersion = "agentbox version " AGENTBOX_VERSION "\nspec: 1.3.0\n";

// What is known of a call when it fails.
struct Frame {
  std::vector<char*> argv;  // as the program got it, with the null at its end
  Log log{UniqueFd(), LogFormat::kText, LogLevel::kInfo};
  std::string context;  // "create c1: "
  int failure_status = 1;
  int usage_status = 1;
};

// One line to standard error, and one to the log if that is another file.
void Report(const Frame& frame, const Error& error) {
  const std::string line = "agentbox: " + frame.context + error.ToString();
  if (frame.log.HasFile()) frame.log.Error(line);
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
  runtime.root = TRY(container::AbsolutePath(runtime.root));
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

// What the options before the command ask for on their own: text to print.
std::optional<std::string> TextWithoutCommand(const Arguments& global) {
  if (global.Has("version")) return std::string(kVersion);
  const auto& words = global.Words();
  if (global.Has("help") || words.empty()) return Help();
  if (words.front() == "help" && words.size() == 1) return Help();
  return std::nullopt;
}

Result<int> Run(const std::vector<std::string>& line, Frame& frame) {
  const unsigned passed_fds = TRY(container::PrepareProcess());
  const std::vector<Option> global_options = WithHelp(GlobalOptions());
  const Arguments global = TRY(Arguments::Parse(global_options, line, Order::kOptionsFirst));
  if (const auto text = TextWithoutCommand(global)) {
    TRY(Print(*text));
    return 0;
  }
  frame.log = TRY(OpenLog(global));
  std::vector<std::string> words = global.Words();
  // "help COMMAND" is "COMMAND --help".
  if (words.front() == "help") words = {words[1], "--help"};
  const Command& command = *TRY(FindCommand(words.front()));
  words.erase(words.begin());
  frame.context = std::string(command.name) + ": ";
  frame.failure_status = command.failure_status;
  frame.usage_status = command.usage_status;

  const std::vector<Option> options = WithHelp(command.options);
  const Arguments arguments = TRY(Arguments::Parse(options, words, command.order));
  if (arguments.Has("help")) {
    TRY(Print(Help(command)));
    return 0;
  }
  TRY(CheckWords(command, arguments.Words()));
  frame.context = Context(command, arguments.Words());
  if (command.mounts) TRY(container::EnsurePrivilege(frame.argv));
  const container::Runtime runtime = TRY(MakeRuntime(global, frame.log));
  return command.run({.runtime = runtime, .arguments = arguments, .passed_fds = passed_fds});
}

}  // namespace

int Main(int argc, char** argv) {
  Frame frame;
  frame.argv.assign(argv, argv + argc + 1);
  const auto status = Run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), frame);
  if (status) return *status;
  Report(frame, status.error());
  const bool is_usage = status.error().Kind() == ErrorKind::kUsage;
  return is_usage ? frame.usage_status : frame.failure_status;
}

}  // namespace agentbox::cli
