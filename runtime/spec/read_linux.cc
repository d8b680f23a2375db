// config-linux.md, without resources and seccomp.

#include "spec/names.h"
#include "spec/object_readers.h"

namespace agentbox::spec {
namespace {

constexpr json::Choice kDeviceTypes = {"a type of device", "c, b, u, p"};

constexpr json::Choice kPropagations = {
    "a mount propagation",
    "private, rprivate, shared, rshared, slave, rslave, unbindable, runbindable"};

constexpr json::Choice kDomains = {"a personality", "LINUX, LINUX32"};

constexpr json::Choice kClocks = {"a clock of time namespaces", "monotonic, boottime"};

Result<Namespace> ReadNamespace(const json::Reader& object) {
  Namespace entry;
  entry.type = TRY(object.RequiredChoice("type", kNamespaces));
  entry.path = TRY(object.OptionalOr<std::string>("path", {}));
  return entry;
}

Result<Device> ReadDevice(const json::Reader& object) {
  Device device;
  device.path = TRY(object.Required<std::string>("path"));
  device.type = TRY(object.RequiredChoice("type", kDeviceTypes));
  if (device.type != "p") {
    device.major = TRY(object.Required<std::int64_t>("major"));
    device.minor = TRY(object.Required<std::int64_t>("minor"));
  } else {
    device.major = TRY(object.OptionalOr<std::int64_t>("major", 0));
    device.minor = TRY(object.OptionalOr<std::int64_t>("minor", 0));
  }
  device.file_mode = TRY(object.Optional<std::uint32_t>("fileMode"));
  device.uid = TRY(object.Optional<std::uint32_t>("uid"));
  device.gid = TRY(object.Optional<std::uint32_t>("gid"));
  return device;
}

Result<NetDevice> ReadNetDevice(const json::Reader& object) {
  NetDevice device;
  device.name = TRY(object.OptionalOr<std::string>("name", {}));
  return device;
}

Result<TimeOffset> ReadTimeOffset(const json::Reader& object) {
  TimeOffset offset;
  offset.secs = TRY(object.OptionalOr<std::int64_t>("secs", 0));
  offset.nanosecs = TRY(object.OptionalOr<std::uint32_t>("nanosecs", 0));
  return offset;
}

Result<IntelRdt> ReadIntelRdt(const json::Reader& object) {
  IntelRdt rdt;
  rdt.clos_id = TRY(object.OptionalOr<std::string>("closID", {}));
  rdt.schemata = TRY(object.OptionalList<std::string>("schemata"));
  rdt.l3_cache_schema = TRY(object.OptionalOr<std::string>("l3CacheSchema", {}));
  rdt.mem_bw_schema = TRY(object.OptionalOr<std::string>("memBwSchema", {}));
  rdt.enable_monitoring = TRY(object.OptionalOr<bool>("enableMonitoring", false));
  // Until 1.2 there were two kinds, which ask for the same monitoring group.
  const bool enable_cmt = TRY(object.OptionalOr<bool>("enableCMT", false));
  const bool enable_mbm = TRY(object.OptionalOr<bool>("enableMBM", false));
  rdt.enable_monitoring = rdt.enable_monitoring || enable_cmt || enable_mbm;
  return rdt;
}

Result<MemoryPolicy> ReadMemoryPolicy(const json::Reader& object) {
  MemoryPolicy policy;
  policy.mode = TRY(object.RequiredChoice("mode", kMemoryPolicyModes));
  policy.nodes = TRY(object.OptionalOr<std::string>("nodes", {}));
  policy.flags = TRY(object.ChoiceList("flags", kMemoryPolicyFlags));
  return policy;
}

Result<Personality> ReadPersonality(const json::Reader& object) {
  Personality personality;
  personality.domain = TRY(object.RequiredChoice("domain", kDomains));
  personality.flags = TRY(object.OptionalList<std::string>("flags"));
  if (!personality.flags.empty()) {
    return Fail(object.InvalidAt("flags", "the specification defines no flags"));
  }
  return personality;
}

Result<std::map<std::string, TimeOffset>> ReadTimeOffsets(const json::Reader& object) {
  auto offsets = TRY(object.ObjectMap("timeOffsets", ReadTimeOffset));
  for (const auto& [clock, offset] : offsets) {
    TRY(json::CheckChoice(kClocks, clock, json::JoinPath(object.PathOf("timeOffsets"), clock)));
  }
  return offsets;
}

// What is mounted, masked, limited; as against what the container is made of.
Result<void> ReadKernelSettings(const json::Reader& object, Linux& linux) {
  linux.sysctl = TRY(object.OptionalMap<std::string>("sysctl"));
  linux.resources = TRY(object.OptionalObject("resources", ReadResourcesObject));
  linux.cgroups_path = TRY(object.OptionalOr<std::string>("cgroupsPath", {}));
  linux.seccomp = TRY(object.OptionalObject("seccomp", ReadSeccompObject));
  linux.intel_rdt = TRY(object.OptionalObject("intelRdt", ReadIntelRdt));
  linux.memory_policy = TRY(object.OptionalObject("memoryPolicy", ReadMemoryPolicy));
  linux.personality = TRY(object.OptionalObject("personality", ReadPersonality));
  linux.time_offsets = TRY(ReadTimeOffsets(object));
  return {};
}

}  // namespace

Result<abi::IdMapping> ReadIdMapping(const json::Reader& object) {
  abi::IdMapping mapping;
  mapping.container = TRY(object.Required<std::uint32_t>("containerID"));
  mapping.host = TRY(object.Required<std::uint32_t>("hostID"));
  mapping.count = TRY(object.Required<std::uint32_t>("size"));
  return mapping;
}

Result<Linux> ReadLinuxObject(const json::Reader& object) {
  Linux linux;
  linux.uid_mappings = TRY(object.ObjectList("uidMappings", ReadIdMapping));
  linux.gid_mappings = TRY(object.ObjectList("gidMappings", ReadIdMapping));
  linux.namespaces = TRY(object.ObjectList("namespaces", ReadNamespace));
  linux.devices = TRY(object.ObjectList("devices", ReadDevice));
  linux.net_devices = TRY(object.ObjectMap("netDevices", ReadNetDevice));
  linux.rootfs_propagation = TRY(object.OptionalChoice("rootfsPropagation", kPropagations));
  linux.masked_paths = TRY(object.OptionalList<std::string>("maskedPaths"));
  linux.readonly_paths = TRY(object.OptionalList<std::string>("readonlyPaths"));
  linux.mount_label = TRY(object.OptionalOr<std::string>("mountLabel", {}));
  TRY(ReadKernelSettings(object, linux));
  return linux;
}

}  // namespace agentbox::spec
