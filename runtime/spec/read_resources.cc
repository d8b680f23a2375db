// config-linux.md#control-groups.

#include "spec/object_readers.h"

namespace agentbox::spec {
namespace {

constexpr json::Choice kRuleTypes = {"a type of device", "a, b, c"};

Result<DeviceRule> ReadDeviceRule(const json::Reader& object) {
  DeviceRule rule;
  rule.allow = TRY(object.Required<bool>("allow"));
  // An empty string is what some engines write for "all".
  rule.type = TRY(object.OptionalOr<std::string>("type", {}));
  if (!rule.type.empty()) TRY(object.RequiredChoice("type", kRuleTypes));
  rule.major = TRY(object.Optional<std::int64_t>("major"));
  rule.minor = TRY(object.Optional<std::int64_t>("minor"));
  rule.access = TRY(object.OptionalOr<std::string>("access", {}));
  return rule;
}

Result<Memory> ReadMemory(const json::Reader& object) {
  Memory memory;
  memory.limit = TRY(object.Optional<std::int64_t>("limit"));
  memory.reservation = TRY(object.Optional<std::int64_t>("reservation"));
  memory.swap = TRY(object.Optional<std::int64_t>("swap"));
  memory.kernel = TRY(object.Optional<std::int64_t>("kernel"));
  memory.kernel_tcp = TRY(object.Optional<std::int64_t>("kernelTCP"));
  memory.swappiness = TRY(object.Optional<std::uint64_t>("swappiness"));
  // Docker's -1, "as it is on the host", comes here as an unsigned number.
  if (memory.swappiness == UINT64_MAX) memory.swappiness.reset();
  memory.disable_oom_killer = TRY(object.Optional<bool>("disableOOMKiller"));
  memory.use_hierarchy = TRY(object.Optional<bool>("useHierarchy"));
  memory.check_before_update = TRY(object.Optional<bool>("checkBeforeUpdate"));
  return memory;
}

Result<Cpu> ReadCpu(const json::Reader& object) {
  Cpu cpu;
  cpu.shares = TRY(object.Optional<std::uint64_t>("shares"));
  cpu.quota = TRY(object.Optional<std::int64_t>("quota"));
  cpu.burst = TRY(object.Optional<std::uint64_t>("burst"));
  cpu.period = TRY(object.Optional<std::uint64_t>("period"));
  cpu.realtime_runtime = TRY(object.Optional<std::int64_t>("realtimeRuntime"));
  cpu.realtime_period = TRY(object.Optional<std::uint64_t>("realtimePeriod"));
  cpu.cpus = TRY(object.OptionalOr<std::string>("cpus", {}));
  cpu.mems = TRY(object.OptionalOr<std::string>("mems", {}));
  cpu.idle = TRY(object.Optional<std::int64_t>("idle"));
  return cpu;
}

Result<std::optional<std::int64_t>> ReadPids(const json::Reader& object) {
  return object.Optional<std::int64_t>("limit");
}

Result<WeightDevice> ReadWeightDevice(const json::Reader& object) {
  WeightDevice device;
  device.major = TRY(object.Required<std::int64_t>("major"));
  device.minor = TRY(object.Required<std::int64_t>("minor"));
  device.weight = TRY(object.Optional<std::uint16_t>("weight"));
  device.leaf_weight = TRY(object.Optional<std::uint16_t>("leafWeight"));
  return device;
}

Result<ThrottleDevice> ReadThrottleDevice(const json::Reader& object) {
  ThrottleDevice device;
  device.major = TRY(object.Required<std::int64_t>("major"));
  device.minor = TRY(object.Required<std::int64_t>("minor"));
  device.rate = TRY(object.Required<std::uint64_t>("rate"));
  return device;
}

Result<BlockIo> ReadBlockIo(const json::Reader& object) {
  BlockIo io;
  io.weight = TRY(object.Optional<std::uint16_t>("weight"));
  io.leaf_weight = TRY(object.Optional<std::uint16_t>("leafWeight"));
  io.weight_device = TRY(object.ObjectList("weightDevice", ReadWeightDevice));
  io.throttle_read_bps_device = TRY(object.ObjectList("throttleReadBpsDevice", ReadThrottleDevice));
  io.throttle_write_bps_device =
      TRY(object.ObjectList("throttleWriteBpsDevice", ReadThrottleDevice));
  io.throttle_read_iops_device =
      TRY(object.ObjectList("throttleReadIOPSDevice", ReadThrottleDevice));
  io.throttle_write_iops_device =
      TRY(object.ObjectList("throttleWriteIOPSDevice", ReadThrottleDevice));
  return io;
}

Result<HugepageLimit> ReadHugepageLimit(const json::Reader& object) {
  HugepageLimit limit;
  limit.page_size = TRY(object.Required<std::string>("pageSize"));
  limit.limit = TRY(object.Required<std::uint64_t>("limit"));
  return limit;
}

Result<InterfacePriority> ReadInterfacePriority(const json::Reader& object) {
  InterfacePriority priority;
  priority.name = TRY(object.Required<std::string>("name"));
  priority.priority = TRY(object.Required<std::uint32_t>("priority"));
  return priority;
}

Result<NetworkResources> ReadNetworkResources(const json::Reader& object) {
  NetworkResources network;
  network.class_id = TRY(object.Optional<std::uint32_t>("classID"));
  network.priorities = TRY(object.ObjectList("priorities", ReadInterfacePriority));
  return network;
}

Result<RdmaLimit> ReadRdmaLimit(const json::Reader& object) {
  RdmaLimit limit;
  limit.hca_handles = TRY(object.Optional<std::uint32_t>("hcaHandles"));
  limit.hca_objects = TRY(object.Optional<std::uint32_t>("hcaObjects"));
  return limit;
}

}  // namespace

Result<Resources> ReadResourcesObject(const json::Reader& object) {
  Resources resources;
  resources.devices = TRY(object.ObjectList("devices", ReadDeviceRule));
  resources.memory = TRY(object.OptionalObject("memory", ReadMemory));
  resources.cpu = TRY(object.OptionalObject("cpu", ReadCpu));
  const auto pids = TRY(object.OptionalObject("pids", ReadPids));
  resources.pids_limit = pids.value_or(std::nullopt);
  resources.block_io = TRY(object.OptionalObject("blockIO", ReadBlockIo));
  resources.hugepage_limits = TRY(object.ObjectList("hugepageLimits", ReadHugepageLimit));
  resources.network = TRY(object.OptionalObject("network", ReadNetworkResources));
  resources.rdma = TRY(object.ObjectMap("rdma", ReadRdmaLimit));
  resources.unified = TRY(object.OptionalMap<std::string>("unified"));
  return resources;
}

}  // namespace agentbox::spec
