// The state of a container as hooks and the listeners of seccomp read it (runtime-spec,
// runtime.md#state and config-linux.md#containerprocessstate).
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

namespace agentbox::spec {

struct State {
  std::string oci_version;
  std::string id;
  std::string status;  // "creating", "created", "running", "paused" or "stopped"
  pid_t pid = 0;       // of init as the runtime sees it; 0: there is none
  std::string bundle;  // absolute
  std::map<std::string, std::string> annotations;
};

struct ContainerProcessState {
  std::string oci_version;
  pid_t pid = 0;         // of the process that the filter was loaded in: init's or an exec's
  std::string metadata;  // linux.seccomp.listenerMetadata
  State state;
};

// For a hook's standard input: one line.
std::string WriteState(const State& state);

// For the listener of a seccomp filter, whose descriptor goes with it: one line.
std::string WriteContainerProcessState(const ContainerProcessState& process);

}  // namespace agentbox::spec
