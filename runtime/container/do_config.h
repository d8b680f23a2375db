// `do` as a container's configuration: what of it runtime-spec can say. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "container/invoker.h"
#include "plan/host_facts.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::container {

struct DoLimits {
  std::optional<std::int64_t> memory;     // bytes
  std::optional<std::int64_t> cpu_quota;  // microseconds of every 100,000
  std::optional<std::int64_t> pids;
};

struct DoProcess {
  const Invoker& invoker;
  std::vector<std::string> command;
  std::vector<std::string> env;
  std::string cwd;
  std::string hostname;
  std::uint32_t umask = 022;
  bool terminal = false;
  std::optional<spec::ConsoleSize> console_size;
};

spec::Config MakeDoConfig(const DoProcess& process,
                          const DoLimits& limits,
                          const policy::Policy& policy,
                          const plan::HostFacts& facts);

// The id maps of a user without privilege, who is `self` in the sandbox: who they are, or root of
// an image. The subordinate ids make up the rest, root first. `own` are those of the runtime's user
// namespace, each under its own number.
std::vector<abi::IdMapping> MapsOfUser(const std::vector<abi::IdMapping>& own,
                                       std::uint32_t user,
                                       std::uint32_t self);

}  // namespace agentbox::container
