#include <array>
#include <string>
#include <utility>

#include "cli/create.h"
#include "cli/verbs.h"
#include "container/invocation.h"
#include "spec/read_config.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{
        "process", 'p', "FILE", "the process as an object of config.json; \"-\": standard input"},
    Option{"tty", 't', "", "give it a terminal"},
    Option{"user", 'u', "UID[:GID]", "run as these ids of the container"},
    Option{"additional-gids", 'g', "GID", "a further group; may be repeated"},
    Option{"cwd", 0, "DIR", "directory to start in"},
    Option{"env", 'e', "NAME=VALUE", "set a variable; may be repeated"},
    Option{"cap", 'c', "CAPABILITY", "add a capability; may be repeated"},
    Option{"no-new-privs", 0, "", "no privileges by set-uid bits or file capabilities"},
    Option{"apparmor", 0, "PROFILE", "AppArmor profile"},
    Option{"process-label", 0, "LABEL", "SELinux label"},
    Option{"cgroup", 0, "PATH", "only \"/\", the container's own cgroup"},
    Option{"detach", 'd', "", "return when the process runs"},
    kConsoleSocketOption,
    kPidFileOption,
    Option{"preserve-fds", 0, "N", "pass on N file descriptors from 3 on"},
    Option{"ignore-paused", 0, "", "also into a paused container; it then waits for resume"},
};

// The kernel's "no such id": never one of a user's (CVE-2026-46680).
constexpr std::uint32_t kNoId = ~std::uint32_t{0};

Result<std::uint32_t> ReadId(std::string_view text, std::string_view option) {
  const auto id = ParseNumber<std::uint32_t>(text);
  if (id && *id != kNoId) return *id;
  return Fail(
      Error(ErrorKind::kUsage,
            std::string(option) + ": " + Quoted(text) + " is not an id: expected a number"));
}

Result<void> ReadUser(const std::string& text, container::ExecOptions& options) {
  const auto colon = text.find(':');
  options.uid = TRY(ReadId(std::string_view(text).substr(0, colon), "--user"));
  if (colon == std::string::npos) return {};
  options.gid = TRY(ReadId(std::string_view(text).substr(colon + 1), "--user"));
  return {};
}

Result<void> CheckCgroup(const Arguments& arguments) {
  const std::string cgroup = arguments.ValueOr("cgroup", "/");
  if (cgroup == "/" || cgroup.ends_with(":/")) return {};
  return Fail(Error(ErrorKind::kUnsupported,
                    "--cgroup: " + Quoted(cgroup) + ": only the container's own cgroup, \"/\""));
}

// The process by options alone.
Result<void> ReadProcessOptions(const Arguments& arguments, container::ExecOptions& options) {
  options.process_name = "exec";
  options.cwd = arguments.Value("cwd");
  options.env = arguments.Values("env");
  if (const auto user = arguments.Value("user")) TRY(ReadUser(*user, options));
  for (const std::string& gid : arguments.Values("additional-gids")) {
    options.additional_gids.push_back(TRY(ReadId(gid, "--additional-gids")));
  }
  options.capabilities = arguments.Values("cap");
  if (arguments.Value("no-new-privs")) options.no_new_privileges = arguments.Has("no-new-privs");
  options.apparmor_profile = arguments.Value("apparmor");
  options.selinux_label = arguments.Value("process-label");
  options.tty = arguments.Has("tty");
  options.args.assign(arguments.Words().begin() + 1, arguments.Words().end());
  if (options.args.empty()) {
    return Fail(Error(ErrorKind::kUsage, "neither a command nor --process is given"));
  }
  return {};
}

Result<container::ExecOptions> ReadOptions(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  container::ExecOptions options;
  TRY(CheckCgroup(arguments));
  options.detach = arguments.Has("detach");
  options.ignore_paused = arguments.Has("ignore-paused");
  options.console_socket = arguments.ValueOr("console-socket", "");
  options.pid_file = arguments.ValueOr("pid-file", "");
  options.preserve_fds = TRY(ReadPreserveFds(invocation, 0));
  const auto file = arguments.Value("process");
  if (file) {
    const std::string text = TRY(container::ReadInput(*file));
    options.process = TRY(spec::ReadProcess(text, *file));
    options.process_name = *file;
  } else {
    TRY(ReadProcessOptions(arguments, options));
  }
  return options;
}

Result<int> Run(const Invocation& invocation) {
  const container::ExecOptions options = TRY(ReadOptions(invocation));
  return container::Exec(invocation.runtime, invocation.Id(), options);
}

}  // namespace

constexpr Command kExec = {
    .name = "exec",
    .words = "ID [COMMAND] [ARGUMENT...]",
    .summary = "run a further process in a container",
    .example = "agentbox exec --tty --user 1000:1000 web sh",
    .options = kOptions,
    .run = Run,
    .order = Order::kOptionsFirst,
    .failure_status = 255,  // as runc's: a status below it is the process's
};

}  // namespace agentbox::cli
