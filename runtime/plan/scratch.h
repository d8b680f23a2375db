// The directory of one sandbox's throwaway layers, and what limits how much they hold. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "policy/policy.h"

namespace agentbox::plan {

// What the layers are in.
enum class LayerPlace : std::uint8_t {
  kDirectory,  // on disk, without a limit
  kQuota,      // on disk, as a project that has a quota
  kImage,      // an ext4 of that size in a sparse file
  kTmpfs,
};

struct Scratch {
  std::string origin;     // "limits.disk"
  std::string directory;  // of this sandbox alone: "/var/lib/agentbox/<name>"; removed at delete
  LayerPlace place = LayerPlace::kDirectory;
  std::uint64_t size_limit = 0;  // bytes; 0: none, of a tmpfs the kernel's default
  std::string reason;            // for this place and no other; empty: it was asked for
};

// What the host has to limit the scratch directory by: found for its file system.
struct LimitMeans {
  bool has_project_quota = false;
  bool has_images = false;  // loop devices, mke2fs(8), and the right to use them
};

// A limit is held by a project quota, or else by an image, or else by a tmpfs. The default of the
// policy is there for where it costs nothing: by a quota, or not at all. kInvalidSpec for a limit
// that is too small for the layers' own directories.
Result<Scratch> PlanScratch(const policy::Policy& policy,
                            const LimitMeans& means,
                            const std::string& directory);

std::string ToString(const Scratch& scratch);

std::string_view Name(LayerPlace place);

// "limits.disk", or the option that has set it.
std::string OriginOfDiskLimit(const policy::Policy& policy);

}  // namespace agentbox::plan
