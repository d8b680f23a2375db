// pasta(1), of Debian's passt: a network for a sandbox that needs no privilege on the host. It
// carries the sandbox's connections by sockets of its own, as any program of the host's user would
// make them, and so it reaches what those reach; but for the host's loopback.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "abi/ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::container {

// Where pasta answers DNS in the sandbox: it passes queries on to the host's first name server,
// also to one on the host's loopback. Link-local, so no network of the host's has it.
constexpr const char* kDnsAddress = "169.254.1.1";

// The path of the program; empty: it is not installed.
std::string FindPasta();

// A network of pasta's, which is ended and reaped with this object; the kernel ends it where the
// caller can not (PR_SET_PDEATHSIG).
class PastaNetwork {
 public:
  PastaNetwork() = default;  // none
  explicit PastaNetwork(UniqueFd process) : process_(std::move(process)) {}
  PastaNetwork(PastaNetwork&&) = default;
  PastaNetwork(const PastaNetwork&) = delete;
  PastaNetwork& operator=(const PastaNetwork&) = delete;
  PastaNetwork& operator=(PastaNetwork&&) = delete;
  ~PastaNetwork();

 private:
  UniqueFd process_;  // its pidfd, a child of the caller
};

// Connects the network namespace of `init`, whose user namespace has `maps`: done when this
// returns. kSystem, with what pasta says, where it can not be.
Result<PastaNetwork> StartPasta(const std::string& program, pid_t init, const abi::IdMaps& maps);

}  // namespace agentbox::container
