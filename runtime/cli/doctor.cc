#include "container/doctor.h"

#include <array>

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"json", 0, "", "print JSON"},
};

Result<int> Run(const Invocation& invocation) {
  const auto findings = container::Examine(invocation.runtime);
  TRY(Print(invocation.arguments.Has("json") ? ToJson(findings) : ToString(findings)));
  return container::IsUsable(findings) ? 0 : 1;
}

}  // namespace

constexpr Command kDoctor = {
    .name = "doctor",
    .words = "",
    .summary = "say what this host has of what agentbox uses, and how to get the rest",
    .example = "agentbox doctor",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
