#include <utility>

#include "container/events.h"
#include "json/writer.h"

namespace agentbox::container {
namespace {

using json::Writer;

// runc leaves members out that are 0 or empty; readers take them for that.
template <typename T>
void MemberUnlessEmpty(Writer& writer, std::string_view key, const T& value) {
  if (value != T()) writer.Member(key, value);
}

void WriteLine(Writer& writer, std::string_view key, const cgroups::PressureLine& line) {
  writer.BeginObject(key);
  writer.Member("avg10", line.avg10);
  writer.Member("avg60", line.avg60);
  writer.Member("avg300", line.avg300);
  writer.Member("total", line.total);
  writer.End();
}

void WritePressure(Writer& writer, const std::optional<cgroups::Pressure>& pressure) {
  if (!pressure) return;
  writer.BeginObject("psi");
  WriteLine(writer, "some", pressure->some);
  WriteLine(writer, "full", pressure->full);
  writer.End();
}

void WriteCpu(Writer& writer, const cgroups::CpuStats& cpu) {
  writer.BeginObject("cpu");
  writer.BeginObject("usage");
  MemberUnlessEmpty(writer, "total", cpu.total);
  MemberUnlessEmpty(writer, "percpu", cpu.per_cpu);
  MemberUnlessEmpty(writer, "percpu_kernel", cpu.per_cpu_kernel);
  MemberUnlessEmpty(writer, "percpu_user", cpu.per_cpu_user);
  writer.Member("kernel", cpu.kernel);
  writer.Member("user", cpu.user);
  writer.End();
  writer.BeginObject("throttling");
  MemberUnlessEmpty(writer, "periods", cpu.periods);
  MemberUnlessEmpty(writer, "throttledPeriods", cpu.throttled_periods);
  MemberUnlessEmpty(writer, "throttledTime", cpu.throttled_time);
  writer.End();
  WritePressure(writer, cpu.pressure);
  writer.End();
}

void WriteCpuset(Writer& writer, const cgroups::CpusetStats& cpuset) {
  writer.BeginObject("cpuset");
  MemberUnlessEmpty(writer, "cpus", cpuset.cpus);
  writer.Member("cpu_exclusive", cpuset.cpu_exclusive);
  MemberUnlessEmpty(writer, "mems", cpuset.mems);
  writer.Member("mem_hardwall", cpuset.mem_hardwall);
  writer.Member("mem_exclusive", cpuset.mem_exclusive);
  writer.Member("memory_migrate", cpuset.memory_migrate);
  writer.Member("memory_spread_page", cpuset.memory_spread_page);
  writer.Member("memory_spread_slab", cpuset.memory_spread_slab);
  writer.Member("memory_pressure", cpuset.memory_pressure);
  writer.Member("sched_load_balance", cpuset.sched_load_balance);
  writer.Member("sched_relax_domain_level", cpuset.sched_relax_domain_level);
  writer.End();
}

void WriteUsage(Writer& writer, std::string_view key, const cgroups::MemoryUsage& usage) {
  writer.BeginObject(key);
  writer.Member("limit", usage.limit);
  MemberUnlessEmpty(writer, "usage", usage.usage);
  MemberUnlessEmpty(writer, "max", usage.max);
  writer.Member("failcnt", usage.fail_count);
  writer.End();
}

void WriteMemory(Writer& writer, const cgroups::MemoryStats& memory) {
  writer.BeginObject("memory");
  MemberUnlessEmpty(writer, "cache", memory.cache);
  WriteUsage(writer, "usage", memory.usage);
  WriteUsage(writer, "swap", memory.swap);
  WriteUsage(writer, "kernel", memory.kernel);
  WriteUsage(writer, "kernelTCP", memory.kernel_tcp);
  MemberUnlessEmpty(writer, "raw", memory.raw);
  WritePressure(writer, memory.pressure);
  writer.End();
}

void WriteEntries(Writer& writer,
                  std::string_view key,
                  const std::vector<cgroups::BlockEntry>& entries) {
  if (entries.empty()) return;
  writer.BeginList(key);
  for (const cgroups::BlockEntry& entry : entries) {
    writer.BeginObject();
    MemberUnlessEmpty(writer, "major", entry.major);
    MemberUnlessEmpty(writer, "minor", entry.minor);
    MemberUnlessEmpty(writer, "op", entry.op);
    MemberUnlessEmpty(writer, "value", entry.value);
    writer.End();
  }
  writer.End();
}

void WriteBlock(Writer& writer, const cgroups::BlockStats& block) {
  writer.BeginObject("blkio");
  WriteEntries(writer, "ioServiceBytesRecursive", block.service_bytes);
  WriteEntries(writer, "ioServicedRecursive", block.serviced);
  WriteEntries(writer, "ioQueueRecursive", block.queued);
  WriteEntries(writer, "ioServiceTimeRecursive", block.service_time);
  WriteEntries(writer, "ioWaitTimeRecursive", block.wait_time);
  WriteEntries(writer, "ioMergedRecursive", block.merged);
  WriteEntries(writer, "ioTimeRecursive", block.time);
  WriteEntries(writer, "sectorsRecursive", block.sectors);
  WritePressure(writer, block.pressure);
  writer.End();
}

void WriteHugepages(Writer& writer, const std::map<std::string, cgroups::HugepageStats>& sizes) {
  writer.BeginObject("hugetlb");
  for (const auto& [size, stats] : sizes) {
    writer.BeginObject(size);
    MemberUnlessEmpty(writer, "usage", stats.usage);
    MemberUnlessEmpty(writer, "max", stats.max);
    writer.Member("failcnt", stats.fail_count);
    writer.End();
  }
  writer.End();
}

}  // namespace

std::string StatsEvent(const std::string& id, const cgroups::Stats& stats) {
  Writer writer;
  writer.BeginObject();
  writer.Member("type", "stats");
  writer.Member("id", id);
  writer.BeginObject("data");
  WriteCpu(writer, stats.cpu);
  WriteCpuset(writer, stats.cpuset);
  WriteMemory(writer, stats.memory);
  writer.BeginObject("pids");
  MemberUnlessEmpty(writer, "current", stats.pids.current);
  MemberUnlessEmpty(writer, "limit", stats.pids.limit);
  writer.End();
  WriteBlock(writer, stats.block);
  WriteHugepages(writer, stats.hugepages);
  writer.BeginObject("intel_rdt");
  writer.End();
  writer.Member("network_interfaces", nullptr);
  writer.End();
  writer.End();
  return std::move(writer).Take() + "\n";
}

}  // namespace agentbox::container
