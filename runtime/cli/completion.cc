#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

Result<int> Run(const Invocation& /*invocation*/) {
  TRY(Print(BashCompletion()));
  return 0;
}

}  // namespace

constexpr Command kCompletion = {
    .name = "completion",
    .words = "",
    .summary = "print the completion script for bash(1)",
    .example = "source <(agentbox completion)",
    .options = {},
    .run = Run,
};

}  // namespace agentbox::cli
