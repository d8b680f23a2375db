// The config.json that `spec` writes for a bundle to begin with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace agentbox::spec {

// The invoking user's, as the host has them.
struct RootlessIds {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// A shell on a terminal, in the rootfs beside the file, with runc's defaults: few capabilities, no
// devices, a read-only root. With `rootless` (`spec --rootless`), one that works without
// privileges: the user is root within, and nothing names an id that the user has not. Unlike runc's
// it keeps a network namespace of its own, because sharing the host's is for the policy to allow.
std::string DefaultConfig(const std::optional<RootlessIds>& rootless);

}  // namespace agentbox::spec
