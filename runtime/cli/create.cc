#include "cli/create.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

// How many descriptors from 3 on were passed for this very process (sd_listen_fds(3)).
Result<unsigned> ListenFds() {
  const char* const count = ::secure_getenv("LISTEN_FDS");
  const char* const pid = ::secure_getenv("LISTEN_PID");
  if (count == nullptr || pid == nullptr || ParseNumber<pid_t>(pid) != ::getpid()) return 0U;
  const auto number = ParseNumber<unsigned>(count);
  if (number) return *number;
  return Fail(Error(ErrorKind::kUsage, "LISTEN_FDS: " + Quoted(count) + " is not a number"));
}

constexpr std::array kOptions = {
    kBundleOption,
    kConsoleSocketOption,
    kPidFileOption,
    kNoPivotOption,
    kNoNewKeyringOption,
    kPreserveFdsOption,
    Option{"no-subreaper", 0, "", "accepted and ignored: nothing of agentbox stays to reap"},
};

Result<int> Run(const Invocation& invocation) {
  const container::CreateOptions options = TRY(ReadCreateOptions(invocation.arguments));
  TRY(container::Create(invocation.runtime, invocation.Id(), options));
  return 0;
}

}  // namespace

Result<container::CreateOptions> ReadCreateOptions(const Arguments& arguments) {
  if (arguments.Has("no-pivot")) {
    return Fail(Error(ErrorKind::kRefused,
                      "--no-pivot: without pivot_root(2) the host's file system stays reachable "
                      "from the container"));
  }
  container::CreateOptions options;
  options.bundle = arguments.ValueOr("bundle", ".");
  options.console_socket = arguments.ValueOr("console-socket", "");
  options.pid_file = arguments.ValueOr("pid-file", "");
  options.new_keyring = !arguments.Has("no-new-keyring");
  options.preserve_fds = TRY(arguments.Number<unsigned>("preserve-fds")).value_or(0);
  options.listen_fds = TRY(ListenFds());
  return options;
}

constexpr Command kCreate = {
    .name = "create",
    .words = "ID",
    .summary = "make a container of a bundle; its process waits for start",
    .example = "agentbox create --bundle /srv/web --pid-file /run/web.pid web",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
