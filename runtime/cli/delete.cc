#include <array>

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"force", 'f', "", "kill it first; no error if there is no such container"},
};

Result<int> Run(const Invocation& invocation) {
  TRY(container::Delete(invocation.runtime, invocation.Id(), invocation.arguments.Has("force")));
  return 0;
}

}  // namespace

constexpr Command kDelete = {
    .name = "delete",
    .words = "ID",
    .summary = "remove a container that has ended, and all that was made for it",
    .example = "agentbox delete --force web",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
