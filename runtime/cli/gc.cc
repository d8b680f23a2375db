#include "container/gc.h"

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

Result<int> Run(const Invocation& invocation) {
  const container::Collected collected = TRY(container::CollectGarbage(invocation.runtime));
  std::string text;
  for (const std::string& what : collected.removed)
    text += "removed " + what + "\n";
  TRY(Print(text));
  return collected.is_complete ? 0 : 1;
}

}  // namespace

constexpr Command kGc = {
    .name = "gc",
    .words = "",
    .summary = "remove what crashed or killed commands have left behind",
    .example = "agentbox gc",
    .options = {},
    .run = Run,
};

}  // namespace agentbox::cli
