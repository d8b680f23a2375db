#include <unistd.h>

#include <array>

#include "cli/create.h"
#include "cli/verbs.h"
#include "container/invocation.h"
#include "spec/default_config.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    kBundleOption,
    Option{"rootless", 0, "", "for a user without privileges"},
    Option{"file", 'f', "FILE", "write FILE (default: config.json of the bundle)"},
};

Result<int> Run(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  std::optional<spec::RootlessIds> rootless;
  if (arguments.Has("rootless")) rootless = {.uid = ::geteuid(), .gid = ::getegid()};
  const std::string path =
      arguments.ValueOr("file", arguments.ValueOr("bundle", ".") + "/config.json");
  TRY(container::WriteNewFile(path, spec::DefaultConfig(rootless) + "\n"));
  return 0;
}

}  // namespace

constexpr Command kSpec = {
    .name = "spec",
    .words = "",
    .summary = "write a config.json to begin with",
    .example = "agentbox spec --bundle /srv/web",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
