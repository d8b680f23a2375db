#include <unistd.h>

#include <array>

#include "base/strings.h"
#include "cgroups/stats.h"
#include "cgroups/values.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

std::vector<std::uint64_t> NumbersOf(const std::string& text) {
  std::vector<std::uint64_t> numbers;
  for (const std::string_view part : Split(Trimmed(text), ' ')) {
    if (const auto number = ReadNumber(part)) numbers.push_back(*number);
  }
  return numbers;
}

void ReadCpuacct(int directory, CpuStats& cpu) {
  // cpuacct.stat is in ticks of user space.
  const std::uint64_t tick = 1000000000U / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const std::string stat = TextOf(directory, "cpuacct.stat");
  cpu.user = FindKey(stat, "user").value_or(0) * tick;
  cpu.kernel = FindKey(stat, "system").value_or(0) * tick;
  cpu.total = NumberOf(directory, "cpuacct.usage");
  cpu.per_cpu = NumbersOf(TextOf(directory, "cpuacct.usage_percpu"));
  // "cpu user system", and then a line for each CPU.
  for (const std::string& line : LinesOf(directory, "cpuacct.usage_all")) {
    const std::vector<std::uint64_t> numbers = NumbersOf(line);
    if (numbers.size() != 3) continue;
    cpu.per_cpu_user.push_back(numbers[1]);
    cpu.per_cpu_kernel.push_back(numbers[2]);
  }
}

void ReadCpu(int directory, CpuStats& cpu) {
  const std::string stat = TextOf(directory, "cpu.stat");
  cpu.periods = FindKey(stat, "nr_periods").value_or(0);
  cpu.throttled_periods = FindKey(stat, "nr_throttled").value_or(0);
  cpu.throttled_time = FindKey(stat, "throttled_time").value_or(0);
}

void ReadCpuset(int directory, CpusetStats& cpuset) {
  cpuset.cpus = ReadList(TextOf(directory, "cpuset.cpus"));
  cpuset.mems = ReadList(TextOf(directory, "cpuset.mems"));
  cpuset.cpu_exclusive = NumberOf(directory, "cpuset.cpu_exclusive");
  cpuset.mem_hardwall = NumberOf(directory, "cpuset.mem_hardwall");
  cpuset.mem_exclusive = NumberOf(directory, "cpuset.mem_exclusive");
  cpuset.memory_migrate = NumberOf(directory, "cpuset.memory_migrate");
  cpuset.memory_spread_page = NumberOf(directory, "cpuset.memory_spread_page");
  cpuset.memory_spread_slab = NumberOf(directory, "cpuset.memory_spread_slab");
  cpuset.memory_pressure = NumberOf(directory, "cpuset.memory_pressure");
  cpuset.sched_load_balance = NumberOf(directory, "cpuset.sched_load_balance");
  const std::string level = TextOf(directory, "cpuset.sched_relax_domain_level");
  cpuset.sched_relax_domain_level = ParseNumber<std::int64_t>(Trimmed(level)).value_or(0);
}

MemoryUsage ReadUsage(int directory, const std::string& prefix) {
  MemoryUsage usage;
  usage.limit = NumberOf(directory, prefix + ".limit_in_bytes");
  usage.usage = NumberOf(directory, prefix + ".usage_in_bytes");
  usage.max = NumberOf(directory, prefix + ".max_usage_in_bytes");
  usage.fail_count = NumberOf(directory, prefix + ".failcnt");
  return usage;
}

void ReadMemory(int directory, MemoryStats& memory) {
  memory.raw = NumbersByKey(directory, "memory.stat");
  const auto cache = memory.raw.find("cache");
  if (cache != memory.raw.end()) memory.cache = cache->second;
  memory.usage = ReadUsage(directory, "memory");
  memory.swap = ReadUsage(directory, "memory.memsw");
  memory.kernel = ReadUsage(directory, "memory.kmem");
  memory.kernel_tcp = ReadUsage(directory, "memory.kmem.tcp");
}

// Lines such as "8:0 Read 4096", "8:0 4096" and "Total 4096", the last of which is left out.
std::vector<BlockEntry> ReadEntries(int directory, const std::string& file) {
  std::vector<BlockEntry> entries;
  for (const std::string& line : LinesOf(directory, file)) {
    const std::vector<std::string_view> words = Split(line, ' ');
    const auto colon = words[0].find(':');
    if (words.size() < 2 || colon == std::string_view::npos) continue;
    BlockEntry entry;
    entry.major = ParseNumber<std::uint64_t>(words[0].substr(0, colon)).value_or(0);
    entry.minor = ParseNumber<std::uint64_t>(words[0].substr(colon + 1)).value_or(0);
    if (words.size() > 2) entry.op = words[1];
    entry.value = ReadNumber(words.back()).value_or(0);
    entries.push_back(std::move(entry));
  }
  return entries;
}

// BFQ's file where that scheduler counts, else the throttler's, which counts whatever the
// scheduler.
std::vector<BlockEntry> ReadBest(int directory, const std::string& name) {
  std::vector<BlockEntry> entries = ReadEntries(directory, "blkio.bfq." + name + "_recursive");
  if (!entries.empty()) return entries;
  return ReadEntries(directory, "blkio.throttle." + name + "_recursive");
}

void ReadBlock(int directory, BlockStats& block) {
  block.service_bytes = ReadBest(directory, "io_service_bytes");
  block.serviced = ReadBest(directory, "io_serviced");
  block.queued = ReadEntries(directory, "blkio.bfq.io_queued_recursive");
  block.service_time = ReadEntries(directory, "blkio.bfq.io_service_time_recursive");
  block.wait_time = ReadEntries(directory, "blkio.bfq.io_wait_time_recursive");
  block.merged = ReadEntries(directory, "blkio.bfq.io_merged_recursive");
  block.time = ReadEntries(directory, "blkio.bfq.time_recursive");
  block.sectors = ReadEntries(directory, "blkio.bfq.sectors_recursive");
}

void ReadPids(int directory, PidsStats& pids) {
  pids.current = NumberOf(directory, "pids.current");
  const auto limit = ReadNumber(TextOf(directory, "pids.max"));
  pids.limit = limit == UINT64_MAX ? 0 : limit.value_or(0);
}

}  // namespace

Result<void> ReadV1Stats(std::vector<Hierarchy>& hierarchies, Stats& stats) {
  const auto directory = [&hierarchies](const char* controller) {
    const Hierarchy* const hierarchy = FindHierarchy(hierarchies, controller);
    return hierarchy == nullptr ? -1 : hierarchy->directory.Get();
  };
  if (const int fd = directory("cpuacct"); fd >= 0) ReadCpuacct(fd, stats.cpu);
  if (const int fd = directory("cpu"); fd >= 0) ReadCpu(fd, stats.cpu);
  if (const int fd = directory("cpuset"); fd >= 0) ReadCpuset(fd, stats.cpuset);
  if (const int fd = directory("memory"); fd >= 0) ReadMemory(fd, stats.memory);
  if (const int fd = directory("pids"); fd >= 0) ReadPids(fd, stats.pids);
  if (const int fd = directory("blkio"); fd >= 0) ReadBlock(fd, stats.block);
  // cgroup2 beside v1 has no controllers, but measures pressure.
  if (const int fd = directory(""); fd >= 0) ReadPressures(fd, stats);
  if (const int fd = directory("hugetlb"); fd >= 0) TRY(ReadHugepages(fd, /*is_v2=*/false, stats));
  return {};
}

}  // namespace agentbox::cgroups
