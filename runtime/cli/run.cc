#include <array>

#include "cli/create.h"
#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    kBundleOption,
    kConsoleSocketOption,
    kPidFileOption,
    Option{"detach", 'd', "", "return when the process runs"},
    Option{"keep", 0, "", "do not delete the container when its process has ended"},
    kNoPivotOption,
    kNoNewKeyringOption,
    kPreserveFdsOption,
    Option{"no-subreaper", 0, "", "accepted and ignored: orphans are never reparented to agentbox"},
};

Result<int> Run(const Invocation& invocation) {
  const container::CreateOptions options = TRY(ReadCreateOptions(invocation));
  return container::Run(invocation.runtime,
                        invocation.Id(),
                        options,
                        /*detach=*/invocation.arguments.Has("detach"),
                        /*keep=*/invocation.arguments.Has("keep"));
}

}  // namespace

constexpr Command kRun = {
    .name = "run",
    .words = "ID",
    .summary = "create a container, start it, wait for its end and delete it",
    .example = "agentbox run --bundle /srv/web web",
    .options = kOptions,
    .run = Run,
    .mounts = true,
};

}  // namespace agentbox::cli
