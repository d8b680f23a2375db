// Whose ids the container's are. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "abi/ids.h"
#include "base/error.h"
#include "plan/host_facts.h"
#include "spec/config.h"

namespace agentbox::plan {

enum class IdSource : std::uint8_t {
  kConfig,     // linux.uidMappings and gidMappings: the engine owns the range and its files' ids
  kAllocated,  // a range of our own, found at create; files are idmapped
  kInherited,  // the ids that the runtime's own user namespace has, one to one (rootless)
  kJoined,     // those of a user namespace that is joined (a pod's); files are idmapped
};

struct IdsPlan {
  std::string origin;  // "linux.uidMappings", or why there is a range of our own
  IdSource source = IdSource::kAllocated;

  // kConfig and kInherited: the maps. kAllocated and kJoined: empty until the launcher knows them.
  abi::IdMaps maps;

  // The host's files carry plain ids (0 is root), so the root file system's layers and the volumes
  // are shown through idmapped mounts. False where files already carry the mapped ids.
  bool idmap_files = true;
};

// How many ids a range of our own has (DESIGN: 65,536, as Docker's and Podman's).
constexpr std::uint32_t kIdRangeSize = 65536;

// kInvalidSpec for mappings that are empty on one side, overlap, wrap around, or map host id 0
// while the runtime is in the initial user namespace (kRefused then).
Result<IdsPlan> PlanIds(const spec::Config& config, const HostFacts& facts);

std::string ToString(const IdsPlan& plan);

}  // namespace agentbox::plan
