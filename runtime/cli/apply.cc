#include <array>

#include "cli/verbs.h"
#include "container/apply_review.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"interactive", 'i', "", "show each change and ask"},
    Option{"dry-run", 'n', "", "print what would be done, and change nothing"},
    Option{"force", 'f', "", "also what changed in the real tree since the sandbox started"},
    Option{"other-tree", 0, "", "also where another directory has taken the real tree's place"},
    Option{"allow-exec-config",
           0,
           "",
           "also files that run code later (hooks, start files, tasks), and a project's rules"},
};

Result<int> Run(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  container::ApplyOptions options;
  options.is_interactive = arguments.Has("interactive");
  options.is_trial = arguments.Has("dry-run");
  options.force = arguments.Has("force");
  if (arguments.Has("other-tree")) options.trees = review::TreeRule::kAny;
  options.allow_exec_config = arguments.Has("allow-exec-config");
  if (options.is_interactive && options.is_trial) {
    return Fail(Error(ErrorKind::kUsage, "--interactive and --dry-run exclude each other"));
  }
  options.words = arguments.Words();
  return container::ApplyReview(invocation.runtime, options);
}

}  // namespace

constexpr Command kApply = {
    .name = "apply",
    .words = "[NAME] [PATH...]",
    .summary = "bring what a sandbox changed into the real tree",
    .example = "agentbox apply --dry-run",
    .options = kOptions,
    .run = Run,
    .mounts = true,
};

}  // namespace agentbox::cli
