// linux.resources as files of cgroup v1 (Documentation/admin-guide/cgroup-v1).
#include <limits>

#include "plan/cgroup_resources.h"

namespace agentbox::plan {
namespace {

bool IsSet(const std::optional<std::int64_t>& value) {
  return value.value_or(0) != 0;
}

void PlanMemory(const spec::Memory& memory, ResourcesPlan& plan) {
  std::vector<CgroupWrite>& writes = plan.writes;
  // The kernel keeps limit <= memsw at every step, so which of the two goes first depends on their
  // present values: the executor tries again what was refused at first.
  if (IsSet(memory.limit)) {
    writes.push_back(Write("memory.limit", "memory.limit_in_bytes", std::to_string(*memory.limit)));
  }
  if (IsSet(memory.swap)) {
    writes.push_back(
        Write("memory.swap", "memory.memsw.limit_in_bytes", std::to_string(*memory.swap)));
  } else if (memory.limit == -1) {
    // No limit of memory under a limit of memory+swap would be EINVAL.
    writes.push_back(WriteIfThere("memory.limit", "memory.memsw.limit_in_bytes", "-1"));
  }
  if (IsSet(memory.reservation)) {
    writes.push_back(Write(
        "memory.reservation", "memory.soft_limit_in_bytes", std::to_string(*memory.reservation)));
  }
  if (memory.kernel) {
    Warn(plan,
         "memory.kernel",
         "passed over: limits of kernel memory alone are gone since Linux 5.16");
  }
  if (IsSet(memory.kernel_tcp)) {
    writes.push_back(Write(
        "memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes", std::to_string(*memory.kernel_tcp)));
  }
  // -1 in the engines' signed 64 bits: as the host has it.
  if (memory.swappiness && *memory.swappiness != std::numeric_limits<std::uint64_t>::max()) {
    writes.push_back(
        Write("memory.swappiness", "memory.swappiness", std::to_string(*memory.swappiness)));
  }
  if (memory.disable_oom_killer.value_or(false)) {
    writes.push_back(Write("memory.disableOOMKiller", "memory.oom_control", "1"));
  }
  if (memory.use_hierarchy == false) {
    Warn(plan, "memory.useHierarchy", "passed over: cgroups are hierarchical since Linux 5.11");
  }
}

void PlanCpu(const spec::Cpu& cpu, std::vector<CgroupWrite>& writes) {
  // Realtime first: a process of a realtime policy can not join a group without a share.
  if (cpu.realtime_period.value_or(0) != 0) {
    writes.push_back(
        Write("cpu.realtimePeriod", "cpu.rt_period_us", std::to_string(*cpu.realtime_period)));
  }
  if (IsSet(cpu.realtime_runtime)) {
    writes.push_back(
        Write("cpu.realtimeRuntime", "cpu.rt_runtime_us", std::to_string(*cpu.realtime_runtime)));
  }
  if (cpu.shares.value_or(0) != 0 && cpu.idle != 1) {
    writes.push_back(Write("cpu.shares", "cpu.shares", std::to_string(*cpu.shares)));
  }
  if (cpu.period.value_or(0) != 0) {
    writes.push_back(Write("cpu.period", "cpu.cfs_period_us", std::to_string(*cpu.period)));
  }
  if (IsSet(cpu.quota)) {
    writes.push_back(Write("cpu.quota", "cpu.cfs_quota_us", std::to_string(*cpu.quota)));
  }
  if (cpu.burst) {
    writes.push_back(WriteIfThere("cpu.burst", "cpu.cfs_burst_us", std::to_string(*cpu.burst)));
  }
  if (cpu.idle) writes.push_back(Write("cpu.idle", "cpu.idle", std::to_string(*cpu.idle)));
  if (!cpu.cpus.empty()) writes.push_back(Write("cpu.cpus", "cpuset.cpus", cpu.cpus));
  if (!cpu.mems.empty()) writes.push_back(Write("cpu.mems", "cpuset.mems", cpu.mems));
}

// The weights' files belong to the I/O scheduler: CFQ's until Linux 5.0, BFQ's since.
CgroupWrite Weight(const std::string& path, const std::string& name, const std::string& value) {
  CgroupWrite write = Write(path, "blkio." + name, value);
  write.other_file = "blkio.bfq." + name;
  write.other_value = value;
  return write;
}

void PlanWeights(const spec::BlockIo& block_io, std::vector<CgroupWrite>& writes) {
  if (block_io.weight.value_or(0) != 0) {
    writes.push_back(Weight("blockIO.weight", "weight", std::to_string(*block_io.weight)));
  }
  if (block_io.leaf_weight.value_or(0) != 0) {
    writes.push_back(
        Write("blockIO.leafWeight", "blkio.leaf_weight", std::to_string(*block_io.leaf_weight)));
  }
  for (std::size_t i = 0; i < block_io.weight_device.size(); ++i) {
    const spec::WeightDevice& device = block_io.weight_device[i];
    const std::string path = Indexed("blockIO.weightDevice", i);
    if (device.weight.value_or(0) != 0) {
      const std::string value = WithDevice(device, std::to_string(*device.weight));
      writes.push_back(Weight(path + ".weight", "weight_device", value));
    }
    if (device.leaf_weight.value_or(0) != 0) {
      const std::string value = WithDevice(device, std::to_string(*device.leaf_weight));
      writes.push_back(Write(path + ".leafWeight", "blkio.leaf_weight_device", value));
    }
  }
}

void PlanThrottle(const std::vector<spec::ThrottleDevice>& devices,
                  const std::string& path,
                  const std::string& file,
                  std::vector<CgroupWrite>& writes) {
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::string value = WithDevice(devices[i], std::to_string(devices[i].rate));
    writes.push_back(Write(Indexed("blockIO." + path, i), "blkio.throttle." + file, value));
  }
}

void PlanBlockIo(const spec::BlockIo& block_io, std::vector<CgroupWrite>& writes) {
  PlanWeights(block_io, writes);
  PlanThrottle(
      block_io.throttle_read_bps_device, "throttleReadBpsDevice", "read_bps_device", writes);
  PlanThrottle(
      block_io.throttle_write_bps_device, "throttleWriteBpsDevice", "write_bps_device", writes);
  PlanThrottle(
      block_io.throttle_read_iops_device, "throttleReadIOPSDevice", "read_iops_device", writes);
  PlanThrottle(
      block_io.throttle_write_iops_device, "throttleWriteIOPSDevice", "write_iops_device", writes);
}

void PlanNetwork(const spec::NetworkResources& network, std::vector<CgroupWrite>& writes) {
  if (network.class_id) {
    writes.push_back(
        Write("network.classID", "net_cls.classid", std::to_string(*network.class_id)));
  }
  for (std::size_t i = 0; i < network.priorities.size(); ++i) {
    const spec::InterfacePriority& priority = network.priorities[i];
    writes.push_back(Write(Indexed("network.priorities", i),
                           "net_prio.ifpriomap",
                           priority.name + " " + std::to_string(priority.priority)));
  }
}

}  // namespace

Result<void> PlanV1(const spec::Resources& resources, ResourcesPlan& plan) {
  if (!resources.unified.empty()) {
    return Fail(
        Error(ErrorKind::kUnsupported,
              "linux.resources.unified: has a meaning on cgroup v2 only; this host has v1"));
  }
  if (resources.memory) PlanMemory(*resources.memory, plan);
  if (resources.cpu) PlanCpu(*resources.cpu, plan.writes);
  if (resources.pids_limit) {
    const std::int64_t limit = *resources.pids_limit;
    plan.writes.push_back(
        Write("pids.limit", "pids.max", limit > 0 ? std::to_string(limit) : "max"));
  }
  if (resources.block_io) PlanBlockIo(*resources.block_io, plan.writes);
  for (std::size_t i = 0; i < resources.hugepage_limits.size(); ++i) {
    const spec::HugepageLimit& limit = resources.hugepage_limits[i];
    const std::string path = Indexed("hugepageLimits", i);
    const std::string prefix = "hugetlb." + limit.page_size;
    const std::string value = std::to_string(limit.limit);
    plan.writes.push_back(Write(path, prefix + ".limit_in_bytes", value));
    // Since Linux 5.7; what is reserved counts before the first fault.
    plan.writes.push_back(WriteIfThere(path, prefix + ".rsvd.limit_in_bytes", value));
  }
  if (resources.network) PlanNetwork(*resources.network, plan.writes);
  return {};
}

}  // namespace agentbox::plan
