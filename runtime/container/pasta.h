// pasta(1), of Debian's passt: a network for a sandbox that needs no privilege on the host. It
// carries the sandbox's connections by sockets of its own, as any program of the host's user would
// make them, and so it reaches what those reach; but for the host's loopback.
#pragma once

#include <sys/types.h>

#include <string>

#include "abi/ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::container {

// Where pasta answers DNS in the sandbox: it passes queries on to the host's first name server,
// also to one on the host's loopback. Link-local, so no network of the host's has it.
constexpr const char* kDnsAddress = "169.254.1.1";

// The path of the program; empty: it is not installed.
std::string FindPasta();

// Connects the network namespace of `init`, whose user namespace has `maps`. It is connected when
// this returns, and until the process of the pidfd ends, which it does with the caller at the
// latest. kSystem, with what pasta says, where it can not be.
Result<UniqueFd> StartPasta(const std::string& program, pid_t init, const abi::IdMaps& maps);

}  // namespace agentbox::container
