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

  // kAllocated: the process's ids from 65,536 on (of directory services, of OpenShift), sorted.
  std::vector<std::uint32_t> far_uids;
  std::vector<std::uint32_t> far_gids;
};

// How many ids a range of our own has (DESIGN: 65,536, as Docker's and Podman's).
constexpr std::uint32_t kIdRangeSize = 65536;

// What distributions reserve and give to nobody, from 65,000 up to `nobody`, 65,534 (Debian Policy
// 9.2.2): of a sandbox's range these host ids stand for ids beyond it.
constexpr std::uint32_t kFirstReservedId = 65000;
constexpr std::uint32_t kNobodyId = 65534;

// kInvalidSpec for mappings that are empty on one side, overlap, wrap around, or map host id 0
// while the runtime is in the initial user namespace (kRefused then); and for more ids beyond
// 65,536 than are reserved.
Result<IdsPlan> PlanIds(const spec::Config& config, const HostFacts& facts);

// The maps of a kAllocated plan on the range that begins at the host's id `first`. Ids 0 to 65,535
// are those of the range, but for the highest reserved ones where there are ids beyond it.
abi::IdMaps MapsOnRange(const IdsPlan& plan, std::uint32_t first);

std::string ToString(const IdsPlan& plan);

}  // namespace agentbox::plan
