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
  const container::CreateOptions options = TRY(ReadCreateOptions(invocation));
  TRY(container::Create(invocation.runtime, invocation.Id(), options));
  return 0;
}

}  // namespace

Result<unsigned> ReadPreserveFds(const Invocation& invocation, unsigned besides) {
  const unsigned asked = TRY(invocation.arguments.Number<unsigned>("preserve-fds")).value_or(0);
  const std::uint64_t all = std::uint64_t{asked} + besides;
  if (all <= invocation.passed_fds) return asked;
  return Fail(Error(ErrorKind::kUsage,
                    "--preserve-fds and LISTEN_FDS: file descriptor " +
                        std::to_string(3 + invocation.passed_fds) + " is not open"));
}

Result<container::CreateOptions> ReadCreateOptions(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
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
  options.listen_fds = TRY(ListenFds());
  options.preserve_fds = TRY(ReadPreserveFds(invocation, options.listen_fds));
  return options;
}

constexpr Command kCreate = {
    .name = "create",
    .words = "ID",
    .summary = "make a container of a bundle; its process waits for start",
    .example = "agentbox create --bundle /srv/web --pid-file /run/web.pid web",
    .options = kOptions,
    .run = Run,
    .mounts = true,
};

}  // namespace agentbox::cli
