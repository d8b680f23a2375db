// What a process says about itself: prctl(2).
#pragma once

#include <string>

#include "base/error.h"

namespace agentbox::kernel {

// Whether /proc/self belongs to the process's user and ptrace(2) may attach (PR_SET_DUMPABLE).
Result<void> SetDumpable(bool dumpable);

// execve(2) grants nothing any more: set-uid bits and file capabilities are ignored.
Result<void> SetNoNewPrivileges();

// Keeps permitted capabilities over setresuid(2) to another user, until execve(2).
Result<void> SetKeepCapabilities(bool keep);

// The process is sent `signal` when the thread that made it ends; 0: none. Cleared by a change of
// credentials (prctl(2)).
Result<void> SetParentDeathSignal(int signal);

// Orphans below the process are reparented to it.
Result<void> SetChildSubreaper(bool subreaper);

// The name that ps(1) shows; 15 bytes of it.
Result<void> SetProcessName(const std::string& name);

}  // namespace agentbox::kernel
