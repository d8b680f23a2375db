// linux.resources as files of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst).
#include <limits>

#include "plan/cgroup_resources.h"
#include "plan/cgroup_units.h"

namespace agentbox::plan {
namespace {

bool IsSet(const std::optional<std::int64_t>& value) {
  return value.value_or(0) != 0;
}

Result<void> PlanMemory(const spec::Memory& memory, ResourcesPlan& plan) {
  const bool check = memory.check_before_update.value_or(false);
  const std::optional<std::int64_t> swap = TRY(SwapMax(memory));
  if (swap) {
    CgroupWrite write = Write("memory.swap", "memory.swap.max", LimitOrMax(*swap));
    // Without swap in the kernel there is nothing to limit, and "none" and "any" hold anyway.
    write.may_be_absent = *swap <= 0;
    plan.writes.push_back(std::move(write));
  }
  if (IsSet(memory.limit)) {
    CgroupWrite write = Write("memory.limit", "memory.max", LimitOrMax(*memory.limit));
    // The kernel would take a limit below the usage, and kill (unlike v1, which refuses).
    if (check && *memory.limit > 0) write.must_exceed = "memory.current";
    plan.writes.push_back(std::move(write));
  }
  if (IsSet(memory.reservation)) {
    plan.writes.push_back(
        Write("memory.reservation", "memory.low", LimitOrMax(*memory.reservation)));
  }
  if (memory.kernel) Warn(plan, "memory.kernel", "passed over: cgroup v2 counts it as memory");
  if (IsSet(memory.kernel_tcp)) Warn(plan, "memory.kernelTCP", "passed over: not on cgroup v2");
  // -1 in the engines' signed 64 bits: as the host has it.
  if (memory.swappiness && *memory.swappiness != std::numeric_limits<std::uint64_t>::max()) {
    Warn(plan, "memory.swappiness", "passed over: not on cgroup v2");
  }
  if (memory.disable_oom_killer.value_or(false)) {
    Warn(plan, "memory.disableOOMKiller", "passed over: not on cgroup v2");
  }
  return {};
}

void PlanCpuMax(const spec::Cpu& cpu, std::vector<CgroupWrite>& writes) {
  const std::uint64_t period = cpu.period.value_or(0);
  if (!IsSet(cpu.quota) && period == 0) return;
  std::string value = cpu.quota.value_or(0) > 0 ? std::to_string(*cpu.quota) : "max";
  if (period != 0) value += " " + std::to_string(period);
  writes.push_back(Write(cpu.quota ? "cpu.quota" : "cpu.period", "cpu.max", std::move(value)));
}

void PlanCpu(const spec::Cpu& cpu, ResourcesPlan& plan) {
  std::vector<CgroupWrite>& writes = plan.writes;
  if (cpu.idle) writes.push_back(Write("cpu.idle", "cpu.idle", std::to_string(*cpu.idle)));
  // A weight is EINVAL in a cgroup that is idle.
  if (cpu.shares.value_or(0) != 0 && cpu.idle != 1) {
    writes.push_back(Write("cpu.shares", "cpu.weight", std::to_string(CpuWeight(*cpu.shares))));
  }
  PlanCpuMax(cpu, writes);
  if (cpu.burst) {
    writes.push_back(WriteIfThere("cpu.burst", "cpu.max.burst", std::to_string(*cpu.burst)));
  }
  if (IsSet(cpu.realtime_runtime)) {
    Warn(plan, "cpu.realtimeRuntime", "passed over: not on cgroup v2");
  }
  if (cpu.realtime_period.value_or(0) != 0) {
    Warn(plan, "cpu.realtimePeriod", "passed over: not on cgroup v2");
  }
  if (!cpu.cpus.empty()) writes.push_back(Write("cpu.cpus", "cpuset.cpus", cpu.cpus));
  if (!cpu.mems.empty()) writes.push_back(Write("cpu.mems", "cpuset.mems", cpu.mems));
}

// BFQ keeps the scale of v1; io.weight is of the io.cost controller.
CgroupWrite Weight(const std::string& path, const std::string& device, std::uint16_t weight) {
  CgroupWrite write = Write(path, "io.bfq.weight", device + std::to_string(weight));
  write.other_file = "io.weight";
  write.other_value = device + std::to_string(IoWeight(weight));
  return write;
}

void PlanWeights(const spec::BlockIo& block_io, ResourcesPlan& plan) {
  if (block_io.weight.value_or(0) != 0) {
    plan.writes.push_back(Weight("blockIO.weight", "", *block_io.weight));
  }
  if (block_io.leaf_weight.value_or(0) != 0) {
    Warn(plan, "blockIO.leafWeight", "passed over: not on cgroup v2");
  }
  for (std::size_t i = 0; i < block_io.weight_device.size(); ++i) {
    const spec::WeightDevice& device = block_io.weight_device[i];
    const std::string path = Indexed("blockIO.weightDevice", i);
    if (device.weight.value_or(0) != 0) {
      plan.writes.push_back(Weight(path + ".weight", WithDevice(device, ""), *device.weight));
    }
    if (device.leaf_weight.value_or(0) != 0) {
      Warn(plan, path + ".leafWeight", "passed over: not on cgroup v2");
    }
  }
}

void PlanThrottle(const std::vector<spec::ThrottleDevice>& devices,
                  const std::string& path,
                  const std::string& key,
                  std::vector<CgroupWrite>& writes) {
  for (std::size_t i = 0; i < devices.size(); ++i) {
    // 0 lifts the limit on v1; io.max refuses it and says "max".
    const std::string rate = devices[i].rate == 0 ? "max" : std::to_string(devices[i].rate);
    writes.push_back(
        Write(Indexed("blockIO." + path, i), "io.max", WithDevice(devices[i], key + "=" + rate)));
  }
}

void PlanBlockIo(const spec::BlockIo& block_io, ResourcesPlan& plan) {
  PlanWeights(block_io, plan);
  std::vector<CgroupWrite>& writes = plan.writes;
  PlanThrottle(block_io.throttle_read_bps_device, "throttleReadBpsDevice", "rbps", writes);
  PlanThrottle(block_io.throttle_write_bps_device, "throttleWriteBpsDevice", "wbps", writes);
  PlanThrottle(block_io.throttle_read_iops_device, "throttleReadIOPSDevice", "riops", writes);
  PlanThrottle(block_io.throttle_write_iops_device, "throttleWriteIOPSDevice", "wiops", writes);
}

void PlanHugepages(const std::vector<spec::HugepageLimit>& limits,
                   std::vector<CgroupWrite>& writes) {
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const std::string path = Indexed("hugepageLimits", i);
    const std::string prefix = "hugetlb." + limits[i].page_size;
    const std::string value = std::to_string(limits[i].limit);
    writes.push_back(Write(path, prefix + ".max", value));
    writes.push_back(WriteIfThere(path, prefix + ".rsvd.max", value));
  }
}

}  // namespace

Result<void> PlanV2(const spec::Resources& resources, ResourcesPlan& plan) {
  if (resources.memory) TRY(PlanMemory(*resources.memory, plan));
  if (resources.cpu) PlanCpu(*resources.cpu, plan);
  if (resources.pids_limit) {
    const std::int64_t limit = *resources.pids_limit;
    plan.writes.push_back(
        Write("pids.limit", "pids.max", limit > 0 ? std::to_string(limit) : "max"));
  }
  if (resources.block_io) PlanBlockIo(*resources.block_io, plan);
  PlanHugepages(resources.hugepage_limits, plan.writes);
  if (resources.network &&
      (resources.network->class_id || !resources.network->priorities.empty())) {
    Warn(plan, "network", "passed over: cgroup v2 has no net_cls, net_prio");
  }
  // Last: who names a file of v2 means it.
  for (const auto& [file, value] : resources.unified) {
    plan.writes.push_back(Write("unified." + file, file, value));
  }
  return {};
}

}  // namespace agentbox::plan
