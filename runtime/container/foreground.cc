#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "container/container.h"
#include "container/creation.h"
#include "container/inputs.h"
#include "container/lifecycle.h"
#include "container/terminal.h"
#include "kernel/socket.h"

namespace agentbox::container {

Result<int> RunInForeground(CreationRequest request, bool keep) {
  const Runtime& runtime = request.runtime;
  const std::string id = request.plan.id;
  const HeldSignals signals = TRY(HeldSignals::Hold());
  UniqueFd console;
  if (request.plan.process.terminal) {
    kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
    console = std::move(sockets.one);
    request.console_socket = std::move(sockets.other);
  }
  CreatedContainer created = TRY(MakeContainer(std::move(request)));
  UniqueFd master;
  if (console) master = TRY(ReceiveConsole(console.Get()));

  const auto started = Start(runtime, id);
  created.mounts.Reset();
  auto status = started ? Foreground(created.pidfd, signals, master)
                        : Result<kernel::ExitStatus>(Fail(started.error()));
  if (!keep || !started) {
    const auto deleted = Delete(runtime, id, /*force=*/true);
    if (!deleted) runtime.log->Warn("delete " + id + ": " + deleted.error().ToString());
  }
  return TRY(std::move(status)).ShellCode();
}

Result<int> Run(const Runtime& runtime,
                const std::string& id,
                const CreateOptions& options,
                bool detach,
                bool keep) {
  TRY(CheckId(id));
  Inputs inputs = TRY(ReadInputs(runtime, options.bundle));
  plan::SandboxPlan plan = TRY(MakeFullPlan(runtime, id, inputs));
  AddListenFds(options, plan);
  // Before the program can ask for it; Foreground passes on what changes.
  if (!detach && !plan.process.console_size) plan.process.console_size = TerminalSize();
  TRY(CheckConsoleSocket(plan.process.terminal, options.console_socket, detach));
  CreationRequest request = {.runtime = runtime, .plan = plan, .facts = inputs.facts};
  TRY(FillRequest(options, inputs, request));
  if (!detach) return RunInForeground(std::move(request), keep);

  TRY(MakeContainer(std::move(request)));
  const auto started = Start(runtime, id);
  if (started) return 0;
  const auto deleted = Delete(runtime, id, /*force=*/true);
  if (!deleted) runtime.log->Warn("delete " + id + ": " + deleted.error().ToString());
  return Fail(started.error());
}

}  // namespace agentbox::container
