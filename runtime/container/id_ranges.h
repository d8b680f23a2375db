// Ranges of subordinate ids, one for each sandbox that config.json gives no id mappings.
//
// They are cut out of what /etc/subuid and /etc/subgid both give to the user "agentbox"; where
// neither names it, out of a built-in range. A range in use is recorded before it is used, as a
// symlink whose name is the range's first id and whose target is the state directory it is for:
//
//     /run/agentbox/@ids/231072   -> /run/agentbox/c1       the container that got the range
//     /run/agentbox/@ids/231072.1 -> /run/agentbox/c2       another that shares it (of the same
//     pod)
//
// A range is free when no record is left; a record whose state directory is gone counts for
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::container {

struct IdInterval {
  std::uint64_t first = 0;
  std::uint64_t end = 0;  // the first id after it

  bool operator==(const IdInterval&) const = default;
};

// Where the records and the system's tables are. One set of records serves all of --root; its name
// is one that no container's id can be.
struct IdRangeFiles {
  std::string records = "/run/agentbox/@ids";
  std::string subuid = "/etc/subuid";
  std::string subgid = "/etc/subgid";
};

// What ranges are cut out of, sorted.
struct IdPool {
  std::vector<IdInterval> intervals;
  bool is_built_in = false;  // neither table names "agentbox": for `doctor` to warn of
};

// Of systemd's map of the 32-bit id space (UIDS-GIDS.md) the part that nothing is assigned to:
// above what containers of systemd-nspawn and useradd(8) get, below the ids that are negative when
// signed.
constexpr IdInterval kBuiltInIds = {0x70000000, 0x7ffe0000};

// No range of ours begins below: ordinary users and services are there.
constexpr std::uint64_t kLowestSubordinateId = 100000;

// The pool by the contents of the two tables (subuid(5)). kInvalidSpec for a malformed line of
// agentbox, and where the tables give it no 65,536 ids in common.
Result<IdPool> ReadIdPool(std::string_view subuid, std::string_view subgid);
Result<IdPool> FindIdPool(const IdRangeFiles& files = {});

// The lowest range of `pool` that meets none of the ranges that begin at `taken`.
std::optional<std::uint32_t> PickIdRange(const IdPool& pool, std::vector<std::uint32_t> taken);

// A range for the container whose state directory is `owner` (absolute), for users and groups
// alike: its first id. It has kIdRangeSize ids that no other sandbox has.
Result<std::uint32_t> AllocateIdRange(const std::string& owner, const IdRangeFiles& files = {});

// Records that `owner`, too, uses the range that begins at `first`: it joins a user namespace that
// has it. Nothing where the range is none of ours (the namespace is the engine's).
Result<void> ShareIdRange(std::uint32_t first,
                          const std::string& owner,
                          const IdRangeFiles& files = {});

// Removes the records of `owner`. No error if there are none.
Result<void> FreeIdRange(const std::string& owner, const IdRangeFiles& files = {});

// Removes the records whose state directory is gone; the first ids of those ranges.
Result<std::vector<std::uint32_t>> FreeStaleIdRanges(const IdRangeFiles& files = {});

}  // namespace agentbox::container
