// linux.resources.devices: the rules that a device filter (v2) or devices.allow (v1) is made of.
#include <algorithm>
#include <array>
#include <limits>

#include "base/strings.h"
#include "plan/cgroup_resources.h"

namespace agentbox::plan {
namespace {

using Number = std::optional<std::uint32_t>;

constexpr std::string_view kAllAccess = "rwm";

struct DefaultDevice {
  char type;
  int major;  // -1: any
  int minor;
  const char* access;
};

// Nodes of any kind may be made, though not opened, as under runc: a package that holds nodes can
// be unpacked. Then the devices of config-linux.md, "Default Devices".
constexpr std::array<DefaultDevice, 11> kDefaults = {{
    {'c', -1, -1, "m"},
    {'b', -1, -1, "m"},
    {'c', 1, 3, "rwm"},     // null
    {'c', 1, 5, "rwm"},     // zero
    {'c', 1, 7, "rwm"},     // full
    {'c', 1, 8, "rwm"},     // random
    {'c', 1, 9, "rwm"},     // urandom
    {'c', 5, 0, "rwm"},     // tty
    {'c', 5, 1, "rwm"},     // console
    {'c', 5, 2, "rwm"},     // ptmx
    {'c', 136, -1, "rwm"},  // pts/*
}};

bool Includes(const std::string& access, const std::string& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&access](char letter) {
    return access.find(letter) != std::string::npos;
  });
}

bool Covers(const Number& wider, const Number& narrower) {
  return !wider || wider == narrower;
}

// Whether the last word on all that `wanted` names is already a rule that allows it.
bool IsAllowed(const std::vector<DeviceAccess>& rules, const DeviceAccess& wanted) {
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    // A deny rule may take a part away: then the default is stated once more.
    if (!rule->allow) return false;
    if (rule->type == 'a') return true;
    if (rule->type == wanted.type && Covers(rule->major, wanted.major) &&
        Covers(rule->minor, wanted.minor) && Includes(rule->access, wanted.access)) {
      return true;
    }
  }
  return false;
}

void AddDefaults(std::vector<DeviceAccess>& rules) {
  const auto number = [](int value) { return value < 0 ? Number() : Number(value); };
  for (const DefaultDevice& device : kDefaults) {
    const DeviceAccess rule = {.origin = "default devices",
                               .allow = true,
                               .type = device.type,
                               .major = number(device.major),
                               .minor = number(device.minor),
                               .access = device.access};
    if (!IsAllowed(rules, rule)) rules.push_back(rule);
  }
}

Error BadRule(const std::string& path, const std::string& text) {
  return Error(ErrorKind::kInvalidSpec, path + ": " + text);
}

Result<std::string> ReadAccess(const spec::DeviceRule& rule, const std::string& path) {
  // runc's users leave it out to mean all.
  if (rule.access.empty()) return std::string(kAllAccess);
  std::string access;
  for (const char letter : rule.access) {
    if (kAllAccess.find(letter) == std::string_view::npos) {
      return Fail(
          BadRule(path + ".access", "expected letters of \"rwm\", found " + Quoted(rule.access)));
    }
  }
  for (const char letter : kAllAccess) {
    if (rule.access.find(letter) != std::string::npos) access += letter;
  }
  return access;
}

// Absent and -1 are both any.
Result<Number> ReadNumber(const std::optional<std::int64_t>& value, const std::string& path) {
  if (!value || *value == -1) return Number();
  if (*value < 0 || *value > std::numeric_limits<std::uint32_t>::max()) {
    return Fail(BadRule(path, "no device number: " + std::to_string(*value)));
  }
  return Number(static_cast<std::uint32_t>(*value));
}

void Add(DeviceAccess rule, std::vector<DeviceAccess>& rules) {
  if (rule.type != 'a') {
    rules.push_back(std::move(rule));
    return;
  }
  if (!rule.major && !rule.minor && rule.access == kAllAccess) {
    rules.clear();
    rules.push_back(std::move(rule));
    return;
  }
  // "a" is all of all for the kernel: a part of all devices is a part of each kind.
  for (const char type : {'b', 'c'}) {
    rule.type = type;
    rules.push_back(rule);
  }
}

}  // namespace

Result<std::vector<DeviceAccess>> PlanDeviceAccess(const std::vector<spec::DeviceRule>& rules) {
  std::vector<DeviceAccess> plan = {{.origin = "default", .access = std::string(kAllAccess)}};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const spec::DeviceRule& rule = rules[i];
    const std::string path = Indexed("linux.resources.devices", i);
    if (!rule.type.empty() && rule.type != "a" && rule.type != "b" && rule.type != "c") {
      return Fail(BadRule(path + ".type", "expected a, b or c, found " + Quoted(rule.type)));
    }
    DeviceAccess access;
    access.origin = path;
    access.allow = rule.allow;
    access.type = rule.type.empty() ? 'a' : rule.type.front();
    access.major = TRY(ReadNumber(rule.major, path + ".major"));
    access.minor = TRY(ReadNumber(rule.minor, path + ".minor"));
    access.access = TRY(ReadAccess(rule, path));
    Add(std::move(access), plan);
  }
  AddDefaults(plan);
  return plan;
}

std::vector<CgroupWrite> DeviceWrites(const std::vector<DeviceAccess>& rules) {
  const auto number = [](const Number& value) { return value ? std::to_string(*value) : "*"; };
  std::vector<CgroupWrite> writes;
  for (const DeviceAccess& rule : rules) {
    std::string value(1, rule.type);
    if (rule.type != 'a') {
      value += " " + number(rule.major) + ":" + number(rule.minor) + " " + rule.access;
    }
    writes.push_back({.origin = rule.origin,
                      .controller = "devices",
                      .file = rule.allow ? "devices.allow" : "devices.deny",
                      .value = std::move(value)});
  }
  return writes;
}

}  // namespace agentbox::plan
