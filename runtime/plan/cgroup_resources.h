// The parts of PlanResources: one function for each form that linux.resources takes. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "plan/cgroups.h"
#include "spec/config.h"

namespace agentbox::plan {

// Ranges that hold for every mode: kInvalidSpec with the path of the value.
Result<void> CheckResources(const spec::Resources& resources);

Result<void> PlanV1(const spec::Resources& resources, ResourcesPlan& plan);
Result<void> PlanV2(const spec::Resources& resources, ResourcesPlan& plan);
Result<void> PlanProperties(const spec::Resources& resources, ResourcesPlan& plan);

// linux.resources.devices and then the default devices of runtime-spec (config-linux.md, "Default
// Devices"), reduced: what a later rule for all devices makes void is left out.
Result<std::vector<DeviceAccess>> PlanDeviceAccess(const std::vector<spec::DeviceRule>& rules);

// The same as writes to devices.deny and devices.allow.
std::vector<CgroupWrite> DeviceWrites(const std::vector<DeviceAccess>& rules);

// What both versions of cgroups call alike. `path` is that below linux.resources.
inline CgroupWrite Write(std::string path, std::string file, std::string value) {
  std::string controller = file.substr(0, file.find('.'));
  return {.origin = "linux.resources." + std::move(path),
          .controller = std::move(controller),
          .file = std::move(file),
          .value = std::move(value)};
}

inline CgroupWrite WriteIfThere(std::string path, std::string file, std::string value) {
  CgroupWrite write = Write(std::move(path), std::move(file), std::move(value));
  write.may_be_absent = true;
  return write;
}

inline void Warn(ResourcesPlan& plan, const std::string& path, const std::string& text) {
  plan.warnings.push_back("linux.resources." + path + ": " + text);
}

// "8:16 1048576": how the files of the block controllers name a device.
template <typename Device>
std::string WithDevice(const Device& device, const std::string& rest) {
  return std::to_string(device.major) + ":" + std::to_string(device.minor) + " " + rest;
}

// A path below linux.resources with an index: "blockIO.weightDevice[0]".
inline std::string Indexed(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

}  // namespace agentbox::plan
