// The rules of runtime-spec that types can not express and that hold on every host. What depends on
// the host, or on how values work together in the plan, is checked there.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "spec/config.h"

namespace agentbox::spec {

// kInvalidSpec if `version`, ociVersion, is no semantic version (semver.org) or none that this
// program can read: 1.0.0 to 1.3, with their release candidates and development versions.
Result<void> CheckVersion(std::string_view version);

// kInvalidSpec, with the path, for the first rule that `config` breaks.
Result<void> Validate(const Config& config);

// The same for one object; `path` is where it is, or empty.
Result<void> Validate(const Process& process, const std::string& path);
Result<void> Validate(const Linux& linux, const std::string& path);
Result<void> Validate(const Resources& resources, const std::string& path);
Result<void> Validate(const Seccomp& seccomp, const std::string& path);

// kInvalidSpec if `value`, at `path`, is not in [least, most].
Result<void> CheckRange(std::int64_t value,
                        std::int64_t least,
                        std::int64_t most,
                        const std::string& path);

// kInvalidSpec if `value`, at `path`, does not begin with '/'.
Result<void> CheckAbsolute(const std::string& value, const std::string& path);

}  // namespace agentbox::spec
