// `hooks` of config.json, and the state that each hook reads on its standard input. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace agentbox::plan {

struct HookStep {
  std::string origin;  // "hooks.createRuntime[0]"
  std::string path;
  std::vector<std::string> args;  // args[0] is the path where config.json gives none
  std::vector<std::string> env;
  std::int64_t timeout = 0;  // seconds; 0: none
};

// In the order in which they run (runtime-spec, runtime.md#lifecycle).
struct HooksPlan {
  std::vector<HookStep> prestart;          // the runtime's namespaces; deprecated, before the next
  std::vector<HookStep> create_runtime;    // the runtime's namespaces
  std::vector<HookStep> create_container;  // the container's namespaces, before pivot_root(2)
  std::vector<HookStep> start_container;   // the container, at `start`
  std::vector<HookStep> poststart;         // the runtime's namespaces, after `start`
  std::vector<HookStep> poststop;          // the runtime's namespaces, after `delete`
};

// kInvalidSpec for a path that is not absolute and a timeout that is not more than 0.
Result<HooksPlan> PlanHooks(const spec::Hooks& hooks);

}  // namespace agentbox::plan
