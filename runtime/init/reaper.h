// A pid 1 that stays ours, for programs that were not made to be one: the kernel gives pid 1 no
// signal that it has no handler for, and every orphan (pid_namespaces(7)). Zone: init.
#pragma once

#include "kernel/process.h"

namespace agentbox::init {

// Passes signals on to `child`, reaps whatever ends, and ends as the child does: with its code, or
// with 128 + the signal that killed it; all other processes of the pid namespace end with it.
//
// Preconditions: every signal is blocked, and was before the child was cloned.
[[noreturn]] void Reap(const kernel::Child& child);

}  // namespace agentbox::init
