#include <array>

#include "base/strings.h"
#include "cgroups/stats.h"
#include "cgroups/values.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

void ReadCpu(int directory, CpuStats& cpu) {
  constexpr std::uint64_t kMicrosecond = 1000;
  const std::string stat = TextOf(directory, "cpu.stat");
  const auto time = [&stat](const char* key) {
    return FindKey(stat, key).value_or(0) * kMicrosecond;
  };
  cpu.total = time("usage_usec");
  cpu.user = time("user_usec");
  cpu.kernel = time("system_usec");
  cpu.periods = FindKey(stat, "nr_periods").value_or(0);
  cpu.throttled_periods = FindKey(stat, "nr_throttled").value_or(0);
  cpu.throttled_time = time("throttled_usec");
}

MemoryUsage ReadUsage(int directory, const std::string& prefix) {
  MemoryUsage usage;
  usage.limit = NumberOf(directory, prefix + ".max");
  usage.usage = NumberOf(directory, prefix + ".current");
  usage.max = NumberOf(directory, prefix + ".peak");
  return usage;
}

void ReadMemory(int directory, MemoryStats& memory) {
  memory.raw = NumbersByKey(directory, "memory.stat");
  const auto cache = memory.raw.find("file");
  if (cache != memory.raw.end()) memory.cache = cache->second;
  memory.usage = ReadUsage(directory, "memory");
  const std::string events = TextOf(directory, "memory.events");
  memory.usage.fail_count = FindKey(events, "max").value_or(0);
  // v1 counts memory and swap together, and so do the readers of these numbers.
  memory.swap = ReadUsage(directory, "memory.swap");
  memory.swap.usage += memory.usage.usage;
  if (memory.swap.limit != UINT64_MAX && memory.usage.limit != UINT64_MAX) {
    memory.swap.limit += memory.usage.limit;
  } else {
    memory.swap.limit = UINT64_MAX;
  }
  if (memory.swap.max != 0) memory.swap.max += memory.usage.max;
}

struct BlockKey {
  const char* key;
  const char* op;
  std::vector<BlockEntry> BlockStats::*list;
};

// "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6".
void ReadBlock(int directory, BlockStats& block) {
  static constexpr std::array<BlockKey, 6> kKeys = {{
      {"rbytes", "Read", &BlockStats::service_bytes},
      {"wbytes", "Write", &BlockStats::service_bytes},
      {"dbytes", "Discard", &BlockStats::service_bytes},
      {"rios", "Read", &BlockStats::serviced},
      {"wios", "Write", &BlockStats::serviced},
      {"dios", "Discard", &BlockStats::serviced},
  }};
  for (const std::string& line : LinesOf(directory, "io.stat")) {
    const std::string_view device = std::string_view(line).substr(0, line.find(' '));
    const auto colon = device.find(':');
    if (colon == std::string_view::npos) continue;
    BlockEntry entry;
    entry.major = ParseNumber<std::uint64_t>(device.substr(0, colon)).value_or(0);
    entry.minor = ParseNumber<std::uint64_t>(device.substr(colon + 1)).value_or(0);
    for (const BlockKey& key : kKeys) {
      const auto value = ReadNumber(FindWord(line, key.key));
      if (!value) continue;
      entry.op = key.op;
      entry.value = *value;
      (block.*key.list).push_back(entry);
    }
  }
}

}  // namespace

Result<void> ReadV2Stats(int directory, Stats& stats) {
  ReadCpu(directory, stats.cpu);
  stats.cpuset.cpus = ReadList(TextOf(directory, "cpuset.cpus.effective"));
  stats.cpuset.mems = ReadList(TextOf(directory, "cpuset.mems.effective"));
  ReadMemory(directory, stats.memory);
  stats.pids.current = NumberOf(directory, "pids.current");
  const auto limit = ReadNumber(TextOf(directory, "pids.max"));
  stats.pids.limit = limit == UINT64_MAX ? 0 : limit.value_or(0);
  ReadBlock(directory, stats.block);
  ReadPressures(directory, stats);
  return ReadHugepages(directory, /*is_v2=*/true, stats);
}

}  // namespace agentbox::cgroups
