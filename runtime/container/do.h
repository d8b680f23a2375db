// `agentbox do`: a command in a sandbox whose root file system is the host's own, read through a
// throwaway layer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "container/container.h"
#include "container/do_config.h"
#include "policy/policy.h"

namespace agentbox::container {

struct DoOptions {
  std::vector<std::string> command;
  std::string name;  // of the sandbox; empty: one is made up
  std::optional<policy::MountMode> workspace;
  std::optional<policy::NetworkMode> network;
  std::optional<policy::Profile> profile;
  std::vector<std::string> env;  // NAME or NAME=value
  std::string cwd;
  std::vector<std::string> hide;
  std::vector<std::string> show;
  std::string template_name;  // that the root file system starts from; empty: the policy's
  std::string image;          // a directory that is the root file system; empty: the host's own is
  std::string freeze_as;      // the template that becomes of what a command that exits with 0 wrote
  DoLimits limits;
  std::optional<std::uint64_t> disk_limit;  // bytes, in place of the policy's
  bool is_quiet = false;                    // no notes
  bool is_verbose = false;                  // the plan, too
};

// How the exit statuses of `do` itself are told from the command's, as with env(1) and
// docker-run(1).
constexpr int kDoFailed = 125;
constexpr int kCommandNotExecutable = 126;
constexpr int kCommandNotFound = 127;

// The exit status of the command, 128 + signal where one killed it.
Result<int> Do(const Runtime& runtime, const DoOptions& options);

}  // namespace agentbox::container
