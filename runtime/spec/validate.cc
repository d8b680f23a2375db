#include "spec/validate.h"

#include <algorithm>

#include "base/strings.h"
#include "json/reader.h"

namespace agentbox::spec {
namespace {

using json::Invalid;
using json::JoinPath;

constexpr unsigned kMajor = 1;
constexpr unsigned kNewestMinor = 3;

// "1.0.2" of "1.0.2-dev+abc": without what semver.org calls pre-release and build.
std::string_view Release(std::string_view version) {
  return version.substr(0, version.find_first_of("-+"));
}

bool IsSuffix(std::string_view suffix) {
  return suffix.empty() || (suffix.size() > 1 && std::ranges::all_of(suffix, [](char c) {
                              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                     (c >= 'A' && c <= 'Z') ||
                                     std::string_view(".-+").find(c) != std::string_view::npos;
                            }));
}

Result<void> ValidateHook(const Hook& hook, const std::string& path) {
  TRY(CheckAbsolute(hook.path, JoinPath(path, "path")));
  if (hook.timeout && *hook.timeout <= 0) {
    return Fail(Invalid(JoinPath(path, "timeout"),
                        "expected more than 0 seconds, found " + std::to_string(*hook.timeout)));
  }
  return {};
}

Result<void> ValidateHooks(const std::vector<Hook>& hooks, const std::string& path) {
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    TRY(ValidateHook(hooks[i], JoinPath(path, i)));
  }
  return {};
}

Result<void> Validate(const Hooks& hooks) {
  TRY(ValidateHooks(hooks.prestart, "hooks.prestart"));
  TRY(ValidateHooks(hooks.create_runtime, "hooks.createRuntime"));
  TRY(ValidateHooks(hooks.create_container, "hooks.createContainer"));
  TRY(ValidateHooks(hooks.start_container, "hooks.startContainer"));
  TRY(ValidateHooks(hooks.poststart, "hooks.poststart"));
  return ValidateHooks(hooks.poststop, "hooks.poststop");
}

Result<void> Validate(const Mount& mount, const std::string& path) {
  if (mount.destination.empty()) {
    return Fail(Invalid(JoinPath(path, "destination"), "expected a path"));
  }
  if (mount.uid_mappings.empty() != mount.gid_mappings.empty()) {
    return Fail(Invalid(path, "uidMappings and gidMappings go together: one of them is missing"));
  }
  return {};
}

bool HasNamespace(const Config& config, std::string_view type) {
  return config.linux_ && std::ranges::find(config.linux_->namespaces, type, &Namespace::type) !=
                              config.linux_->namespaces.end();
}

// What is set in a namespace would be set on the host without it.
Result<void> ValidateNamespaceUse(const Config& config) {
  const auto needs = [](const std::string& path, std::string_view type) {
    return Fail(Invalid(path, "needs a " + std::string(type) + " namespace in linux.namespaces"));
  };
  if (!config.hostname.empty() && !HasNamespace(config, "uts")) return needs("hostname", "uts");
  if (!config.domainname.empty() && !HasNamespace(config, "uts")) return needs("domainname", "uts");
  if (!config.linux_) return {};
  if (!config.linux_->net_devices.empty() && !HasNamespace(config, "network")) {
    return needs("linux.netDevices", "network");
  }
  if (!config.linux_->time_offsets.empty() && !HasNamespace(config, "time")) {
    return needs("linux.timeOffsets", "time");
  }
  return {};
}

}  // namespace

Result<void> CheckVersion(std::string_view version) {
  const auto parts = Split(Release(version), '.');
  const auto refuse = [&](const std::string& why) {
    return Fail(Invalid("ociVersion", Quoted(version) + why));
  };
  std::vector<unsigned> numbers;
  for (const std::string_view part : parts) {
    const auto number = ParseNumber<unsigned>(part);
    // "01" is no number of a semantic version.
    if (number && (part == "0" || part.front() != '0')) numbers.push_back(*number);
  }
  if (parts.size() != 3 || numbers.size() != 3 ||
      !IsSuffix(version.substr(Release(version).size()))) {
    return refuse(" is not a semantic version, such as \"1.0.2\"");
  }
  if (numbers[0] != kMajor || numbers[1] > kNewestMinor) {
    return refuse(" is not supported (1.0.0 to 1.3.x are)");
  }
  return {};
}

Result<void> CheckRange(std::int64_t value,
                        std::int64_t least,
                        std::int64_t most,
                        const std::string& path) {
  if (value >= least && value <= most) return {};
  return Fail(Invalid(path,
                      "expected an integer from " + std::to_string(least) + " to " +
                          std::to_string(most) + ", found " + std::to_string(value)));
}

Result<void> CheckAbsolute(const std::string& value, const std::string& path) {
  if (value.starts_with('/')) return {};
  return Fail(Invalid(path, Quoted(value) + " is not an absolute path"));
}

Result<void> Validate(const Config& config) {
  if (!config.process) return Fail(Invalid("process", "is required"));
  TRY(Validate(*config.process, "process"));
  if (!config.root) return Fail(Invalid("root", "is required"));
  if (config.root->path.empty()) return Fail(Invalid("root.path", "is empty"));
  for (std::size_t i = 0; i < config.mounts.size(); ++i) {
    TRY(Validate(config.mounts[i], JoinPath("mounts", i)));
  }
  TRY(Validate(config.hooks));
  if (config.annotations.contains("")) return Fail(Invalid("annotations", "a key is empty"));
  if (config.linux_) TRY(Validate(*config.linux_, "linux"));
  return ValidateNamespaceUse(config);
}

}  // namespace agentbox::spec
