// process.terminal: a pseudo-terminal of the container's own devpts. Zone: init, and `exec` once it
// has joined the container.
//
//   console = OpenConsole(root, plan)       when devpts is mounted
//   BindConsole(root, console)              /dev/console; not for exec
//   SendConsole(socket, console)            the master goes to the engine, or to our own relay
//   UseConsole(console, streams)            new session, standard input, output and error
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/process.h"

namespace agentbox::apply {

struct Console {
  UniqueFd master;
  UniqueFd slave;
  std::string name;  // in the container: "/dev/pts/0"
};

// A new terminal of the devpts at /dev/pts in `root`, of the planned size, owned by the planned
// user (as mapped in the caller's user namespace). /dev/pts/ptmx is checked to be what it should:
// the path is an image's to prepare.
Result<Console> OpenConsole(const UniqueFd& root, const plan::ProcessPlan& plan);

// Mounts the slave on /dev/console in `root`, which is made if it is missing. The caller has
// CAP_SYS_ADMIN over its mount namespace, and devpts is attached in that one.
Result<void> BindConsole(const UniqueFd& root, const Console& console);

// Sends the master over `socket` with its name as payload: what engines expect of --console-socket
// (runc, docs/terminals.md).
Result<void> SendConsole(int socket, const Console& console);

// A session of its own where there is none yet, the slave as its controlling terminal and as those
// of the descriptors 0 to 2 that `streams` (plan::ProcessPlan::terminal_streams) names. The master
// stays open: close-on-exec.
Result<void> UseConsole(const Console& console, unsigned streams = 0b111);

}  // namespace agentbox::apply
