#include "plan/hooks.h"

#include "base/strings.h"

namespace agentbox::plan {
namespace {

Result<std::vector<HookStep>> PlanKind(const std::vector<spec::Hook>& hooks,
                                       const std::string& kind) {
  std::vector<HookStep> steps;
  for (const spec::Hook& hook : hooks) {
    HookStep step = {.origin = "hooks." + kind + "[" + std::to_string(steps.size()) + "]",
                     .path = hook.path,
                     .args = hook.args,
                     .env = hook.env,
                     .timeout = hook.timeout.value_or(0)};
    if (!hook.path.starts_with('/')) {
      return Fail(Error(ErrorKind::kInvalidSpec,
                        step.origin + ".path: " + Quoted(hook.path) + " is not an absolute path"));
    }
    if (hook.timeout && *hook.timeout <= 0) {
      return Fail(Error(ErrorKind::kInvalidSpec, step.origin + ".timeout: expected more than 0"));
    }
    if (step.args.empty()) step.args.push_back(hook.path);
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace

Result<HooksPlan> PlanHooks(const spec::Hooks& hooks) {
  HooksPlan plan;
  plan.prestart = TRY(PlanKind(hooks.prestart, "prestart"));
  plan.create_runtime = TRY(PlanKind(hooks.create_runtime, "createRuntime"));
  plan.create_container = TRY(PlanKind(hooks.create_container, "createContainer"));
  plan.start_container = TRY(PlanKind(hooks.start_container, "startContainer"));
  plan.poststart = TRY(PlanKind(hooks.poststart, "poststart"));
  plan.poststop = TRY(PlanKind(hooks.poststop, "poststop"));
  return plan;
}

}  // namespace agentbox::plan
