// The state of a container as others read it: hooks, the listeners of seccomp, the users of `state`
// and `list` (runtime-spec, runtime.md#state and config-linux.md#containerprocessstate).
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace agentbox::spec {

struct State {
  std::string oci_version;
  std::string id;
  std::string status;  // "creating", "created", "running", "paused" or "stopped"
  pid_t pid = 0;       // of init as the runtime sees it; 0: there is none
  std::string bundle;  // absolute
  std::map<std::string, std::string> annotations;
};

// What `state` and `list` print of a container, as runc does.
struct ContainerState {
  State state;
  std::string rootfs;   // on the host
  std::string created;  // RFC 3339 with nanoseconds, UTC
  std::string owner;    // name of the user who made it
};

struct ContainerProcessState {
  std::string oci_version;
  pid_t pid = 0;         // of the process that the filter was loaded in: init's or an exec's
  std::string metadata;  // linux.seccomp.listenerMetadata
  State state;
};

// For a hook's standard input: one line.
std::string WriteState(const State& state);

// For `state`: indented, and without a newline at the end.
std::string WriteState(const ContainerState& state);

// For `list --format json`: one line, as engines and scripts read it; "null" for none, as runc has
// it.
std::string WriteList(const std::vector<ContainerState>& states);

// For the listener of a seccomp filter, whose descriptor goes with it: one line.
std::string WriteContainerProcessState(const ContainerProcessState& process);

}  // namespace agentbox::spec
