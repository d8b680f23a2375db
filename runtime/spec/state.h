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

// For a hook's standard input: one line.
std::string StateJson(const State& state);

// For `state`: indented, and without a newline at the end.
std::string StateJson(const ContainerState& state);

// For `list --format json`: one line, as engines and scripts read it; "null" for none, as runc has
// it.
std::string ListJson(const std::vector<ContainerState>& states);

// What goes with the listener's file descriptor to listenerPath. `pid` is the process that the
// filter was loaded in, init's or an exec's.
std::string ListenerStateJson(const State& state, pid_t pid, const std::string& metadata);

}  // namespace agentbox::spec
