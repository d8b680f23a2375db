#include "cli/verbs.h"
#include "cli/view.h"

namespace agentbox::cli {
namespace {

Result<int> Run(const Invocation& invocation) {
  const auto view = TRY(container::View(invocation.runtime, invocation.Id()));
  TRY(Print(spec::WriteState(StateOf(view)) + "\n"));
  return 0;
}

}  // namespace

constexpr Command kState = {
    .name = "state",
    .words = "ID",
    .summary = "print a container's state as JSON",
    .example = "agentbox state web",
    .options = {},
    .run = Run,
};

}  // namespace agentbox::cli
