// The capabilities that the container's process starts with. Zone: init.
//
// The order, with what it is for:
//   DropBoundingSet     needs CAP_SETPCAP, so before User
//   User                (apply/credentials.h) keeps the permitted set
//   Capabilities        the planned sets, and CAP_SYS_ADMIN besides if a filter is yet to be loaded
//                       without no_new_privs
//   NoNewPrivileges
//   Seccomp             (apply/seccomp.h)
//   execve(2)
#pragma once

#include <cstdint>

#include "base/error.h"
#include "plan/process.h"

namespace agentbox::apply {

// Takes every capability that is not in the planned bounding set out of the caller's; `last` is the
// kernel's highest (HostFacts::last_capability).
Result<void> DropBoundingSet(const plan::ProcessPlan& plan, std::uint32_t last);

// Permitted, effective, inheritable and ambient sets as planned.
//
// Without no_new_privs seccomp(2) wants CAP_SYS_ADMIN, so that capability is then permitted and
// effective until execve(2). That gives the program nothing: execve(2) makes the permitted set anew
// of the file's capabilities, the bounding and the ambient set (capabilities(7), "Transformation of
// capabilities during execve()"), and with no_new_privs, where it does look at the old permitted
// set, the set is the planned one here.
Result<void> Capabilities(const plan::ProcessPlan& plan);

// no_new_privs, if planned.
Result<void> NoNewPrivileges(const plan::ProcessPlan& plan);

}  // namespace agentbox::apply
