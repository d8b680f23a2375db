#include <array>

#include "abi/signals.h"
#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"all", 'a', "", "send it to all processes of the container, not to its first alone"},
};

Result<int> Run(const Invocation& invocation) {
  const auto& words = invocation.arguments.Words();
  const std::string name = words.size() > 1 ? words[1] : "SIGTERM";
  const auto signal = abi::SignalNumber(name);
  if (!signal) {
    return Fail(
        Error(ErrorKind::kUsage,
              "unknown signal " + Quoted(name) + ": expected a name of signal(7) or 0 to 64"));
  }
  TRY(container::Kill(
      invocation.runtime, invocation.Id(), *signal, invocation.arguments.Has("all")));
  return 0;
}

}  // namespace

constexpr Command kKill = {
    .name = "kill",
    .words = "ID [SIGNAL]",
    .summary = "send a signal (SIGTERM) to a container's process",
    .example = "agentbox kill web SIGHUP",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
