#include "cli/verbs.h"
#include "cli/view.h"

namespace agentbox::cli {
namespace {

Result<int> Run(const Invocation& invocation) {
  json::Writer writer("  ");
  WriteView(writer, TRY(container::View(invocation.runtime, invocation.Id())));
  TRY(Print(std::move(writer).Take() + "\n"));
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
