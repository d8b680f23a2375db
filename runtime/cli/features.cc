#include "spec/features.h"

#include <array>

#include "cli/verbs.h"
#include "plan/default_profile.h"
#include "plan/mount_options.h"
#include "policy/keys.h"
#include "spec/names.h"

namespace agentbox::cli {
namespace {

struct ProfileText {
  policy::Profile profile;
  std::string_view adds;
  std::string_view price;
};

constexpr std::array kProfiles = {
    ProfileText{policy::Profile::kDev,
                "everything that development tools need",
                "entry points of 3 of 100 published exploits are open: agentbox-seccomp(7)"},
    ProfileText{
        policy::Profile::kDebug, "perf events of user space", "6 of 100: perf_event_open(2)"},
    ProfileText{policy::Profile::kNetns,
                "nested network namespaces (bwrap, browsers)",
                "26 of 100: network configuration as root of a namespace"},
    ProfileText{policy::Profile::kEngine,
                "container engines inside",
                "68 of 100: as netns, and netfilter and file systems mounted by parts"},
    ProfileText{policy::Profile::kParanoid,
                "less: no splice(2), no nested namespaces, no tracing",
                "1 of 100; browsers' sandboxes, bwrap, gdb and strace do not work"},
};

template <typename Enum>
std::vector<std::string> NamesOf() {
  const auto names = policy::Names(Enum());
  return {names.begin(), names.end()};
}

spec::ProfileFeatures Describe(const ProfileText& text) {
  const plan::SurfaceCounts counts = plan::CountSurface(text.profile);
  return {.name = std::string(policy::Name(text.profile)),
          .adds = std::string(text.adds),
          .price = std::string(text.price),
          .syscalls = {.unlimited = counts.unlimited,
                       .limited = counts.limited,
                       .served = counts.served,
                       .denied = counts.denied}};
}

Result<int> Run(const Invocation& /*invocation*/) {
  spec::Features features;
  features.version = AGENTBOX_VERSION;
  features.mount_options = plan::MountOptionNames();
  for (const std::string_view name : Split(spec::kSeccompFlags.names, ',')) {
    features.supported_seccomp_flags.emplace_back(Trimmed(name));
  }
  features.has_systemd_driver = true;
  features.unsafe_annotations = {"dev.agentbox."};
  for (const ProfileText& text : kProfiles)
    features.profiles.push_back(Describe(text));
  features.rootfs_modes = NamesOf<policy::RootfsMode>();
  features.scratch_kinds = NamesOf<policy::ScratchKind>();
  features.network_modes = NamesOf<policy::NetworkMode>();
  TRY(Print(spec::FeaturesJson(features) + "\n"));
  return 0;
}

}  // namespace

constexpr Command kFeatures = {
    .name = "features",
    .words = "",
    .summary = "print as JSON what this runtime can do, and how much of the kernel it leaves open",
    .example = "agentbox features",
    .options = {},
    .run = Run,
};

}  // namespace agentbox::cli
