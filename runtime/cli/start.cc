#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

Result<int> Run(const Invocation& invocation) {
  TRY(container::Start(invocation.runtime, invocation.Id()));
  return 0;
}

}  // namespace

constexpr Command kStart = {
    .name = "start",
    .words = "ID",
    .summary = "let the process of a created container run",
    .example = "agentbox start web",
    .options = {},
    .run = Run,
};

}  // namespace agentbox::cli
