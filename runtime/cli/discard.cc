#include <algorithm>
#include <array>

#include "cli/verbs.h"
#include "container/reviews.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"all", 'a', "", "all whose sandbox has ended"},
};

std::string Told(const std::string& name) {
  return "discarded " + name + "\n";
}

Result<int> DiscardAll(const Invocation& invocation) {
  std::string text;
  for (const std::string& name : TRY(container::DiscardAll(invocation.runtime)))
    text += Told(name);
  TRY(Print(text));
  return 0;
}

Result<int> RunDiscard(const Invocation& invocation) {
  std::vector<std::string> names = invocation.arguments.Words();
  if (invocation.arguments.Has("all")) {
    if (names.empty()) return DiscardAll(invocation);
    return Fail(Error(ErrorKind::kUsage, "--all and NAME exclude each other"));
  }
  // As of a shell's variable that is not set: not the same as none.
  if (std::ranges::find(names, "") != names.end())
    return Fail(Error(ErrorKind::kUsage, "a NAME is empty"));
  if (names.empty()) names.emplace_back();
  int status = 0;
  for (const std::string& name : names) {
    const auto discarded = container::Discard(invocation.runtime, name);
    if (discarded) {
      TRY(Print(Told(*discarded)));
    } else if (names.size() == 1) {
      return Fail(discarded.error());
    } else {
      invocation.runtime.log->Error("discard: " + discarded.error().ToString());
      status = 1;
    }
  }
  return status;
}

Result<int> RunReset(const Invocation& invocation) {
  TRY(container::Reset(invocation.runtime, invocation.arguments.Words().front()));
  return 0;
}

}  // namespace

constexpr Command kDiscard = {
    .name = "discard",
    .words = "[NAME...]",
    .summary = "remove changes that wait for review, unseen",
    .example = "agentbox discard brave-otter",
    .options = kOptions,
    .run = RunDiscard,
    .mounts = true,
};

constexpr Command kReset = {
    .name = "reset",
    .words = "NAME",
    .summary = "say why a sandbox's changes can not be undone under it",
    .example = "agentbox reset brave-otter",
    .options = {},
    .run = RunReset,
    .mounts = true,
};

}  // namespace agentbox::cli
