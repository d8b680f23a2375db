#include "container/gc.h"

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

Result<int> Run(const Invocation& invocation) {
  const std::vector<std::string> removed = TRY(container::CollectGarbage(invocation.runtime));
  std::string text;
  for (const std::string& what : removed)
    text += "removed " + what + "\n";
  TRY(Print(text));
  return 0;
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
