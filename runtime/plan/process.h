// What the container's process is to be when it execs: ids, capabilities, limits, scheduling,
// arguments. The same for init and for `exec`. Pure.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "plan/host_facts.h"
#include "spec/config.h"

namespace agentbox::plan {

// Bit N is capability N.
struct CapabilitySets {
  std::uint64_t bounding = 0;
  std::uint64_t effective = 0;
  std::uint64_t inheritable = 0;
  std::uint64_t permitted = 0;
  std::uint64_t ambient = 0;
};

struct RlimitStep {
  std::string origin;  // "process.rlimits[0]"
  int resource = 0;    // RLIMIT_NOFILE
  std::string name;    // "RLIMIT_NOFILE"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

// sched_setattr(2).
struct SchedulerStep {
  std::uint32_t policy = 0;  // SCHED_BATCH
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

// set_mempolicy(2).
struct MemoryPolicyStep {
  int mode = 0;  // MPOL_BIND | MPOL_F_STATIC_NODES
  std::vector<unsigned> nodes;
};

struct ProcessPlan {
  std::string origin;  // "process"
  std::vector<std::string> args;
  std::vector<std::string> env;  // HOME is added by init where it is not set (/etc/passwd)
  std::string cwd;
  bool terminal = false;
  // With a terminal: those of the descriptors 0 to 2 that are to be it (bit N is N). The others are
  // left as they are: `do` keeps the pipes of `agentbox do cat file | less`.
  unsigned terminal_streams = 0b111;
  // Pid 1 stays a process of ours, which runs args as its child, passes signals on, reaps orphans
  // and ends as the child did: a program that does not expect to be pid 1 keeps its default signal
  // dispositions (pid_namespaces(7)). For `do`, where no image was made with pid 1 in mind.
  bool is_child_of_init = false;
  std::optional<spec::ConsoleSize> console_size;

  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> additional_gids;
  std::optional<std::uint32_t> umask;

  CapabilitySets capabilities;
  bool no_new_privileges = false;
  std::vector<RlimitStep> rlimits;
  std::optional<int> oom_score_adj;
  std::optional<SchedulerStep> scheduler;
  std::optional<int> io_priority;      // the value of ioprio_set(2)
  std::vector<unsigned> initial_cpus;  // execCPUAffinity; empty: unchanged
  std::vector<unsigned> final_cpus;
  std::optional<unsigned long> personality;
  std::optional<MemoryPolicyStep> memory_policy;
  std::string apparmor_profile;
  std::string selinux_label;

  std::vector<std::string> warnings;  // asked for and not done: unknown capabilities
};

// The plan for `process`, which is config.process, or another one given to `exec`. `path` is how
// messages call it: "process", or the name of exec's file.
Result<ProcessPlan> PlanProcess(const spec::Process& process,
                                const spec::Config& config,
                                const HostFacts& facts,
                                const std::string& path);

std::string ToString(const ProcessPlan& plan);

}  // namespace agentbox::plan
