// linux.resources as properties of a systemd scope on cgroup v2 (systemd.resource-control(5)). What
// systemd has no property for is written to the files afterwards, as everything is: so a property
// here is what systemd must know lest it undo the write when it next goes over its units.
#include <limits>

#include "plan/cgroup_resources.h"
#include "plan/cgroup_units.h"

namespace agentbox::plan {
namespace {

bool IsSet(const std::optional<std::int64_t>& value) {
  return value.value_or(0) != 0;
}

// systemd's CGROUP_LIMIT_MAX.
std::uint64_t OrInfinity(std::int64_t value) {
  return value < 0 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(value);
}

UnitProperty Property(const std::string& path, std::string name, std::uint64_t value) {
  return {.origin = "linux.resources." + path, .name = std::move(name), .value = value};
}

Result<void> PlanMemory(const spec::Memory& memory, std::vector<UnitProperty>& properties) {
  if (IsSet(memory.limit)) {
    properties.push_back(Property("memory.limit", "MemoryMax", OrInfinity(*memory.limit)));
  }
  if (IsSet(memory.reservation)) {
    properties.push_back(
        Property("memory.reservation", "MemoryLow", OrInfinity(*memory.reservation)));
  }
  const std::optional<std::int64_t> swap = TRY(SwapMax(memory));
  if (swap) properties.push_back(Property("memory.swap", "MemorySwapMax", OrInfinity(*swap)));
  return {};
}

Result<UnitProperty> Mask(const std::string& path, std::string name, const std::string& list) {
  const auto mask = CpuMask(list);
  if (!mask) {
    return Fail(Error(
        ErrorKind::kInvalidSpec,
        "linux.resources." + path + ": expected a list such as 0-3,7, found \"" + list + "\""));
  }
  return UnitProperty{.origin = "linux.resources." + path, .name = std::move(name), .value = *mask};
}

Result<void> PlanCpu(const spec::Cpu& cpu, std::vector<UnitProperty>& properties) {
  // Weight 0 is systemd's word for idle, since 252; older ones refuse it, and the file is enough.
  if (cpu.shares.value_or(0) != 0 && cpu.idle != 1) {
    properties.push_back(Property("cpu.shares", "CPUWeight", CpuWeight(*cpu.shares)));
  }
  const std::uint64_t period = cpu.period.value_or(0);
  if (period != 0) properties.push_back(Property("cpu.period", "CPUQuotaPeriodUSec", period));
  if (IsSet(cpu.quota) || period != 0) {
    properties.push_back(Property(
        "cpu.quota", "CPUQuotaPerSecUSec", CpuQuotaPerSecond(cpu.quota.value_or(0), period)));
  }
  if (!cpu.cpus.empty()) properties.push_back(TRY(Mask("cpu.cpus", "AllowedCPUs", cpu.cpus)));
  if (!cpu.mems.empty()) {
    properties.push_back(TRY(Mask("cpu.mems", "AllowedMemoryNodes", cpu.mems)));
  }
  return {};
}

}  // namespace

Result<void> PlanProperties(const spec::Resources& resources, ResourcesPlan& plan) {
  if (resources.memory) TRY(PlanMemory(*resources.memory, plan.properties));
  if (resources.cpu) TRY(PlanCpu(*resources.cpu, plan.properties));
  if (resources.pids_limit) {
    const std::int64_t limit = *resources.pids_limit > 0 ? *resources.pids_limit : -1;
    plan.properties.push_back(Property("pids.limit", "TasksMax", OrInfinity(limit)));
  }
  if (resources.block_io && resources.block_io->weight.value_or(0) != 0) {
    plan.properties.push_back(
        Property("blockIO.weight", "IOWeight", IoWeight(*resources.block_io->weight)));
  }
  return {};
}

}  // namespace agentbox::plan
