#include "policy/keys.h"

#include <array>

namespace agentbox::policy {
namespace {

constexpr std::array<std::string_view, 5> kProfiles = {
    "dev", "debug", "netns", "engine", "paranoid"};
constexpr std::array<std::string_view, 2> kRootfsModes = {"throwaway", "engine"};
constexpr std::array<std::string_view, 2> kScratchKinds = {"disk", "tmpfs"};
constexpr std::array<std::string_view, 4> kMountModes = {
    "direct", "review", "throwaway", "readonly"};
constexpr std::array<std::string_view, 3> kNetworkModes = {"none", "host", "pasta"};

constexpr std::array kKeys = {
    Key{"profile", &Policy::profile, Tightening::kProfile},
    Key{"rootfs", &Policy::rootfs, Tightening::kRootfs},
    Key{"scratch.kind", &Policy::scratch, Tightening::kNone},
    Key{"scratch.directory", &Policy::scratch_directory, Tightening::kNone},
    Key{"scratch.size", &Policy::scratch_size, Tightening::kCeiling},
    Key{"template", &Policy::template_name, Tightening::kNone},
    Key{"namespaces.host", &Policy::host_namespaces, Tightening::kSubset},
    Key{"devices.allow", &Policy::allowed_devices, Tightening::kSubset},
    Key{"limits.pids", &Policy::default_pids_limit, Tightening::kCeiling},
    Key{"limits.disk", &Policy::disk_limit, Tightening::kCeiling},
    Key{"limits.userNamespaces", &Policy::max_user_namespaces, Tightening::kLower},
    Key{"limits.netNamespaces", &Policy::max_net_namespaces, Tightening::kLower},
    Key{"seccomp.allow", &Policy::allowed_syscalls, Tightening::kSubset},
    Key{"paths.masked", &Policy::masked_paths, Tightening::kMore},
    Key{"deny.files", &Policy::denied_files, Tightening::kMore},
    Key{"deny.filesWithTokens", &Policy::denied_with_tokens, Tightening::kMore},
    Key{"deny.volumes", &Policy::denied_in_volumes, Tightening::kNever},
    Key{"mounts", &Policy::mounts, Tightening::kMounts},
    Key{"do.hide", &Policy::hidden_paths, Tightening::kNever},
    Key{"do.show", &Policy::shown_paths, Tightening::kNever},
    Key{"do.hideEnvironment", &Policy::hidden_environment, Tightening::kNever},
    Key{"do.keepEnvironment", &Policy::kept_environment, Tightening::kNever},
    Key{"do.network", &Policy::network, Tightening::kNever},
    Key{"do.workspace", &Policy::workspace, Tightening::kNever},
    Key{"do.template", &Policy::do_template, Tightening::kNever},
    Key{"review.execConfig", &Policy::exec_config, Tightening::kNever},
    Key{"annotations.allow", &Policy::annotations_allowed, Tightening::kNever},
};

template <typename Enum>
std::string_view NameOf(Enum value) {
  return Names(value)[static_cast<std::size_t>(value)];
}

template <typename Enum>
std::optional<Enum> ByName(std::string_view name) {
  const auto value = ValueNamed<Enum>(name);
  if (!value) return std::nullopt;
  return *value;
}

struct Limit {
  std::string_view key;
  std::uint32_t Policy::*field;
  std::uint32_t value;
};

// bwrap and a browser need a handful of namespaces, a parallel build in bwrap some hundreds; what
// is far above only helps to exhaust the kernel's memory.
constexpr std::uint32_t kSomeNamespaces = 1024;

std::array<Limit, 2> LimitsOf(Profile profile) {
  const bool has_net = profile == Profile::kNetns || profile == Profile::kEngine;
  const bool has_user = profile != Profile::kParanoid;
  return {
      Limit{"limits.userNamespaces", &Policy::max_user_namespaces, has_user ? kSomeNamespaces : 0},
      Limit{"limits.netNamespaces", &Policy::max_net_namespaces, has_net ? kSomeNamespaces : 0},
  };
}

}  // namespace

std::span<const Key> Keys() {
  return kKeys;
}

std::span<const std::string_view> Names(Profile) {
  return kProfiles;
}
std::span<const std::string_view> Names(RootfsMode) {
  return kRootfsModes;
}
std::span<const std::string_view> Names(ScratchKind) {
  return kScratchKinds;
}
std::span<const std::string_view> Names(MountMode) {
  return kMountModes;
}
std::span<const std::string_view> Names(NetworkMode) {
  return kNetworkModes;
}

std::string_view Name(Profile profile) {
  return NameOf(profile);
}
std::string_view Name(RootfsMode mode) {
  return NameOf(mode);
}
std::string_view Name(NetworkMode mode) {
  return NameOf(mode);
}
std::string_view Name(ScratchKind kind) {
  return NameOf(kind);
}
std::string_view Name(MountMode mode) {
  return NameOf(mode);
}

std::optional<Profile> ProfileByName(std::string_view name) {
  return ByName<Profile>(name);
}
std::optional<NetworkMode> NetworkModeByName(std::string_view name) {
  return ByName<NetworkMode>(name);
}

void SetProfileLimits(Policy& policy) {
  const std::string origin = "profile " + std::string(Name(policy.profile));
  for (const Limit& limit : LimitsOf(policy.profile)) {
    std::string& from = policy.origins[std::string(limit.key)];
    if (!from.empty() && from != "built-in" && !from.starts_with("profile ")) continue;
    policy.*limit.field = limit.value;
    from = origin;
  }
}

Policy WithProfile(Policy base, Profile profile, const std::string& origin) {
  base.profile = profile;
  base.origins["profile"] = origin;
  SetProfileLimits(base);
  return base;
}

}  // namespace agentbox::policy
