// Runs the programs of `hooks` (runtime-spec, config.md#posix-platform-hooks). In zone init, too:
// init runs those of the container's namespaces.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "plan/hooks.h"

namespace agentbox::apply {

struct HookSurroundings {
  std::string state;         // what each hook reads: runtime-spec's state, as JSON
  std::string directory;     // to start in: the bundle, or "/" in the container
  int mount_namespace = -1;  // borrowed fd of the one that the hooks are to see; -1: the own one
};

// Runs the hooks one after the other, each with its own environment alone. The first that fails, by
// its status, a signal or its time limit (it is killed then), ends it, and its error says what the
// hook wrote. A hook's children may stay behind; they are not waited for.
Result<void> RunHooks(const std::vector<plan::HookStep>& hooks,
                      const HookSurroundings& surroundings);

// Runs all of them whatever happens to some: poststart and poststop, whose failure is only worth a
// warning each.
std::vector<Error> TryHooks(const std::vector<plan::HookStep>& hooks,
                            const HookSurroundings& surroundings);

}  // namespace agentbox::apply
