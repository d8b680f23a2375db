// The rules of config-linux.md.

#include <algorithm>

#include "base/strings.h"
#include "json/reader.h"
#include "spec/validate.h"

namespace agentbox::spec {
namespace {

using json::Invalid;
using json::JoinPath;

// Of the kernel's device numbers: 12 and 20 bits (makedev in linux/kdev_t.h).
constexpr std::int64_t kLargestMajor = 0xfff;
constexpr std::int64_t kLargestMinor = 0xfffff;

Result<void> Validate(const Device& device, const std::string& path) {
  TRY(CheckAbsolute(device.path, JoinPath(path, "path")));
  TRY(CheckRange(device.major, 0, kLargestMajor, JoinPath(path, "major")));
  TRY(CheckRange(device.minor, 0, kLargestMinor, JoinPath(path, "minor")));
  // Permissions; some engines leave the type of the node in (S_IFCHR).
  constexpr std::int64_t kLargestMode = 0177777;
  if (device.file_mode) {
    TRY(CheckRange(*device.file_mode, 0, kLargestMode, JoinPath(path, "fileMode")));
  }
  return {};
}

// The rules of dev_valid_name() in the kernel.
bool IsInterfaceName(std::string_view name) {
  constexpr std::size_t kLongest = 15;  // IFNAMSIZ with its NUL is 16
  return !name.empty() && name.size() <= kLongest && name != "." && name != ".." &&
         name.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

Result<void> ValidateNetDevices(const std::map<std::string, NetDevice>& devices,
                                const std::string& path) {
  std::vector<std::string> names;
  for (const auto& [host_name, device] : devices) {
    const std::string entry = JoinPath(path, host_name);
    const std::string& name = device.name.empty() ? host_name : device.name;
    if (!IsInterfaceName(host_name)) {
      return Fail(Invalid(entry, Quoted(host_name) + " is not a name of an interface"));
    }
    if (!IsInterfaceName(name)) {
      return Fail(
          Invalid(JoinPath(entry, "name"), Quoted(name) + " is not a name of an interface"));
    }
    if (std::ranges::find(names, name) != names.end()) {
      return Fail(Invalid(entry, Quoted(name) + " is the name of two interfaces in the container"));
    }
    names.push_back(name);
  }
  return {};
}

Result<void> ValidatePaths(const std::vector<std::string>& paths, const std::string& path) {
  for (std::size_t i = 0; i < paths.size(); ++i)
    TRY(CheckAbsolute(paths[i], JoinPath(path, i)));
  return {};
}

Result<void> Validate(const IntelRdt& rdt, const std::string& path) {
  // It is the name of a directory in resctrl.
  if (rdt.clos_id == "." || rdt.clos_id == ".." || rdt.clos_id.find('/') != std::string::npos) {
    return Fail(Invalid(JoinPath(path, "closID"), Quoted(rdt.clos_id) + " is not a name"));
  }
  return {};
}

Result<void> ValidateDevices(const std::vector<Device>& devices, const std::string& path) {
  for (std::size_t i = 0; i < devices.size(); ++i)
    TRY(Validate(devices[i], JoinPath(path, i)));
  return {};
}

Result<void> ValidateTimeOffsets(const std::map<std::string, TimeOffset>& offsets,
                                 const std::string& path) {
  constexpr std::int64_t kMostNanoseconds = 999'999'999;
  for (const auto& [clock, offset] : offsets) {
    const std::string nanosecs = JoinPath(JoinPath(path, clock), "nanosecs");
    TRY(CheckRange(offset.nanosecs, 0, kMostNanoseconds, nanosecs));
  }
  return {};
}

}  // namespace

Result<void> Validate(const Linux& linux, const std::string& path) {
  if (linux.resources) TRY(Validate(*linux.resources, JoinPath(path, "resources")));
  TRY(ValidateDevices(linux.devices, JoinPath(path, "devices")));
  TRY(ValidateNetDevices(linux.net_devices, JoinPath(path, "netDevices")));
  if (linux.seccomp) TRY(Validate(*linux.seccomp, JoinPath(path, "seccomp")));
  TRY(ValidatePaths(linux.masked_paths, JoinPath(path, "maskedPaths")));
  TRY(ValidatePaths(linux.readonly_paths, JoinPath(path, "readonlyPaths")));
  if (linux.intel_rdt) TRY(Validate(*linux.intel_rdt, JoinPath(path, "intelRdt")));
  return ValidateTimeOffsets(linux.time_offsets, JoinPath(path, "timeOffsets"));
}

}  // namespace agentbox::spec
