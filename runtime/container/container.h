// One container over its life: what the commands do. Each function takes the container's lock, so
// two commands on one id exclude each other.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "container/state_file.h"
#include "plan/cgroups.h"
#include "plan/sandbox_plan.h"
#include "spec/config.h"

namespace agentbox::container {

// What holds for every command of one invocation: the global options.
struct Runtime {
  std::string root;  // of the state directories: "/run/agentbox"
  const Log* log = nullptr;
  plan::CgroupRequest cgroup;
  std::string policy_file;  // --policy; empty: /etc/agentbox/policy.json if there, else built-in
};

struct CreateOptions {
  std::string bundle;          // as given; "." by default
  std::string console_socket;  // empty: none
  std::string pid_file;
  bool new_keyring = true;
  unsigned preserve_fds = 0;

  // Before those: descriptors of socket activation, from 3 on (sd_listen_fds(3)). The process is
  // told of them by LISTEN_FDS and LISTEN_PID=1.
  unsigned listen_fds = 0;
};

Result<void> Create(const Runtime& runtime, const std::string& id, const CreateOptions& options);
Result<void> Start(const Runtime& runtime, const std::string& id);

// Create, start, and unless `detach` wait, passing signals and the terminal through, and delete
// unless `keep`. The exit status of the container's process (128 + signal), or 0 when detached.
Result<int> Run(const Runtime& runtime,
                const std::string& id,
                const CreateOptions& options,
                bool detach,
                bool keep);

struct ExecOptions {
  std::optional<spec::Process> process;  // of --process; else made of the container's and the below
  std::string process_name;              // for messages: the file's name, or "exec"
  std::vector<std::string> args;
  std::optional<std::string> cwd;
  std::vector<std::string> env;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::vector<std::uint32_t> additional_gids;
  std::vector<std::string> capabilities;  // added to bounding, effective and permitted
  std::optional<bool> no_new_privileges;
  std::optional<std::string> apparmor_profile;
  std::optional<std::string> selinux_label;
  bool tty = false;
  bool detach = false;
  bool ignore_paused = false;
  std::string console_socket;
  std::string pid_file;
  unsigned preserve_fds = 0;
};

// The exit status of the process, or 0 when detached.
Result<int> Exec(const Runtime& runtime, const std::string& id, const ExecOptions& options);

Result<void> Kill(const Runtime& runtime, const std::string& id, int signal, bool all);
// With `force`: also one that runs, is half-made, or whose state can not be read; no error if
// absent.
Result<void> Delete(const Runtime& runtime, const std::string& id, bool force);
Result<void> Pause(const Runtime& runtime, const std::string& id);
Result<void> Resume(const Runtime& runtime, const std::string& id);

// What `state` and `list` show: the state file, and the status as it is now.
struct ContainerView {
  StateFile state;
  Status status = Status::kStopped;
};

Result<ContainerView> View(const Runtime& runtime, const std::string& id);
// Containers whose state can not be read are left out, with a warning in the log.
Result<std::vector<ContainerView>> List(const Runtime& runtime);
Result<std::vector<pid_t>> Processes(const Runtime& runtime, const std::string& id);
// `schemata` are lines of the container's own resctrl group (linux.intelRdt).
Result<void> Update(const Runtime& runtime,
                    const std::string& id,
                    const spec::Resources& resources,
                    const std::vector<std::string>& schemata = {});

// What Create would do, without doing it.
Result<plan::SandboxPlan> Plan(const Runtime& runtime,
                               const std::string& id,
                               const std::string& bundle);

}  // namespace agentbox::container
