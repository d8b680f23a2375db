// What no mode of cgroups takes, found before anything is made.
#include "base/strings.h"
#include "plan/cgroup_resources.h"

namespace agentbox::plan {
namespace {

tl::unexpected<Error> Invalid(const std::string& path, const std::string& text) {
  return Fail(Error(ErrorKind::kInvalidSpec, "linux.resources." + path + ": " + text));
}

Result<void> CheckBytes(const std::optional<std::int64_t>& value, const std::string& name) {
  if (value.value_or(0) >= -1) return {};
  return Invalid("memory." + name,
                 "expected bytes, or -1 for no limit, found " + std::to_string(*value));
}

Result<void> CheckMemory(const spec::Memory& memory) {
  TRY(CheckBytes(memory.limit, "limit"));
  TRY(CheckBytes(memory.reservation, "reservation"));
  TRY(CheckBytes(memory.swap, "swap"));
  TRY(CheckBytes(memory.kernel, "kernel"));
  TRY(CheckBytes(memory.kernel_tcp, "kernelTCP"));
  const std::int64_t limit = memory.limit.value_or(0);
  const std::int64_t swap = memory.swap.value_or(0);
  if (limit > 0 && swap > 0 && swap < limit) {
    return Invalid("memory.swap",
                   std::to_string(swap) + " is less than memory.limit, " + std::to_string(limit) +
                       ", which it includes");
  }
  // A signed -1 of an engine is "as the host has it".
  const std::uint64_t swappiness = memory.swappiness.value_or(0);
  if (swappiness > 100 && swappiness != UINT64_MAX) {
    return Invalid("memory.swappiness", "expected 0 to 100, found " + std::to_string(swappiness));
  }
  return {};
}

Result<void> CheckCpu(const spec::Cpu& cpu) {
  const std::int64_t idle = cpu.idle.value_or(0);
  if (idle != 0 && idle != 1) {
    return Invalid("cpu.idle", "expected 0 or 1, found " + std::to_string(idle));
  }
  // The kernel would take 262144 of it, silently.
  constexpr std::uint64_t kMaxShares = 262144;
  if (cpu.shares.value_or(0) > kMaxShares) {
    return Invalid("cpu.shares", "the maximum is 262144, found " + std::to_string(*cpu.shares));
  }
  return {};
}

Result<void> CheckWeight(const std::optional<std::uint16_t>& weight, const std::string& path) {
  const unsigned value = weight.value_or(0);
  if (value == 0 || (value >= 10 && value <= 1000)) return {};
  return Invalid(path, "expected a weight of 10 to 1000, found " + std::to_string(value));
}

Result<void> CheckBlockIo(const spec::BlockIo& block_io) {
  TRY(CheckWeight(block_io.weight, "blockIO.weight"));
  TRY(CheckWeight(block_io.leaf_weight, "blockIO.leafWeight"));
  for (std::size_t i = 0; i < block_io.weight_device.size(); ++i) {
    const spec::WeightDevice& device = block_io.weight_device[i];
    const std::string path = Indexed("blockIO.weightDevice", i);
    TRY(CheckWeight(device.weight, path + ".weight"));
    TRY(CheckWeight(device.leaf_weight, path + ".leafWeight"));
  }
  return {};
}

// ^[1-9][0-9]*[KMG]B$: it becomes a part of a file's name.
bool IsPageSize(const std::string& text) {
  if (text.size() < 3 || !text.ends_with('B') || text.front() == '0') return false;
  const std::string_view unit = "KMG";
  const std::string_view number = std::string_view(text).substr(0, text.size() - 2);
  return unit.find(text[text.size() - 2]) != std::string_view::npos &&
         number.find_first_not_of("0123456789") == std::string_view::npos;
}

// Names that the container's config puts into a file's name or a line of one.
bool IsPlainWord(const std::string& text) {
  return !text.empty() && text.find_first_of(std::string_view("/ \t\n\0", 5)) == std::string::npos;
}

Result<void> CheckNames(const spec::Resources& resources) {
  for (std::size_t i = 0; i < resources.hugepage_limits.size(); ++i) {
    const std::string& size = resources.hugepage_limits[i].page_size;
    if (IsPageSize(size)) continue;
    return Invalid(Indexed("hugepageLimits", i) + ".pageSize",
                   "expected a size such as 2MB or 1GB, found " + Quoted(size));
  }
  for (const auto& [file, value] : resources.unified) {
    if (IsPlainWord(file) && file.find('.') != std::string::npos && !file.starts_with('.'))
      continue;
    return Invalid("unified", "expected the name of a file of cgroup2, found " + Quoted(file));
  }
  for (const auto& [device, limit] : resources.rdma) {
    if (IsPlainWord(device)) continue;
    return Invalid("rdma", "expected the name of a device, found " + Quoted(device));
  }
  if (!resources.network) return {};
  for (std::size_t i = 0; i < resources.network->priorities.size(); ++i) {
    const std::string& name = resources.network->priorities[i].name;
    if (IsPlainWord(name)) continue;
    return Invalid(Indexed("network.priorities", i) + ".name",
                   "expected the name of an interface, found " + Quoted(name));
  }
  return {};
}

}  // namespace

Result<void> CheckResources(const spec::Resources& resources) {
  if (resources.memory) TRY(CheckMemory(*resources.memory));
  if (resources.cpu) TRY(CheckCpu(*resources.cpu));
  if (resources.block_io) TRY(CheckBlockIo(*resources.block_io));
  return CheckNames(resources);
}

}  // namespace agentbox::plan
