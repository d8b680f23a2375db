#include <array>

#include "cli/plan_json.h"
#include "cli/verbs.h"
#include "container/inputs.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"json", 0, "", "print it as JSON"},
    Option{"id", 0, "ID", "the container's id (default: the name of the bundle)"},
    Option{"verbose", 0, "", "list what of config.json is not known and passed over, too"},
};

std::string IdOf(const Arguments& arguments, const std::string& bundle) {
  const std::string name = arguments.ValueOr("id", bundle.substr(bundle.rfind('/') + 1));
  return name.empty() ? "plan" : name;
}

std::string Unknown(const spec::Config& config) {
  std::string text;
  for (const std::string& key : config.unknown_keys)
    text += "passed over: " + key + "\n";
  return text;
}

Result<int> Run(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  const std::string bundle = arguments.Words().empty() ? "." : arguments.Words().front();
  const container::Inputs inputs = TRY(container::ReadInputs(invocation.runtime, bundle));
  const std::string id = IdOf(arguments, inputs.bundle);
  TRY(container::CheckId(id));
  const plan::SandboxPlan plan = TRY(container::MakeFullPlan(invocation.runtime, id, inputs));
  if (arguments.Has("json")) {
    TRY(Print(PlanJson(plan, inputs.policy) + "\n"));
    return 0;
  }
  std::string text = ToString(plan) + "\nPolicy\n" + policy::ToString(inputs.policy);
  if (!text.ends_with('\n')) text += '\n';
  if (arguments.Has("verbose")) text += Unknown(inputs.config);
  TRY(Print(text));
  return 0;
}

}  // namespace

constexpr Command kPlan = {
    .name = "plan",
    .words = "[BUNDLE]",
    .summary = "print what create would do for a bundle, and what asks for it",
    .example = "agentbox plan --json /srv/web",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
