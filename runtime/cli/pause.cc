#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

Result<int> RunPause(const Invocation& invocation) {
  TRY(container::Pause(invocation.runtime, invocation.Id()));
  return 0;
}

Result<int> RunResume(const Invocation& invocation) {
  TRY(container::Resume(invocation.runtime, invocation.Id()));
  return 0;
}

}  // namespace

constexpr Command kPause = {
    .name = "pause",
    .words = "ID",
    .summary = "stop all processes of a container for the time being",
    .example = "agentbox pause web",
    .options = {},
    .run = RunPause,
};

constexpr Command kResume = {
    .name = "resume",
    .words = "ID",
    .summary = "let the processes of a paused container go on",
    .example = "agentbox resume web",
    .options = {},
    .run = RunResume,
};

}  // namespace agentbox::cli
