// An overlay of layers that are held by fds.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

struct OverlayLayers {
  std::vector<UniqueFd> lower;  // detached mounts, topmost first
  std::vector<UniqueFd> data;   // data-only ones, below them
  UniqueFd upper_mount;  // the detached mount that the next two are on; empty: an attached one
  UniqueFd upper;        // O_PATH; empty: read-only
  UniqueFd work;
  std::vector<std::pair<std::string, std::string>> options;  // an empty value sets a flag
};

// A detached mount of the overlay, with `attributes` (MOUNT_ATTR_*). `spare` is a directory of our
// own, where what older kernels need attached is attached.
//
// Layers are handed over as fds of detached mounts (Linux 6.15). EINVAL, EOPNOTSUPP and EBADF are
// how older kernels say that they take no fds, or no detached mounts: then the layers are attached,
// and named by /proc/self/fd in one option string of mount(2), which takes more than 200 layers.
Result<UniqueFd> MountOverlay(const OverlayLayers& layers,
                              std::uint64_t attributes,
                              const UniqueFd& spare);

// The second way alone.
Result<UniqueFd> MountOverlayByPaths(const OverlayLayers& layers,
                                     std::uint64_t attributes,
                                     const UniqueFd& spare);

}  // namespace agentbox::apply
