// config.md#process.

#include "spec/object_readers.h"

namespace agentbox::spec {
namespace {

constexpr json::Choice kRlimits = {
    "a resource limit",
    "RLIMIT_AS, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK, "
    "RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, RLIMIT_RTPRIO, "
    "RLIMIT_RTTIME, RLIMIT_SIGPENDING, RLIMIT_STACK"};

constexpr json::Choice kSchedulerPolicies = {
    "a scheduling policy",
    "SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE, SCHED_DEADLINE"};

constexpr json::Choice kSchedulerFlags = {
    "a scheduling flag",
    "SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN, SCHED_FLAG_KEEP_POLICY, "
    "SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_UTIL_CLAMP_MIN, SCHED_FLAG_UTIL_CLAMP_MAX"};

constexpr json::Choice kIoPriorityClasses = {"an I/O scheduling class",
                                             "IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE"};

Result<ConsoleSize> ReadConsoleSize(const json::Reader& object) {
  ConsoleSize size;
  size.height = TRY(object.Required<std::uint16_t>("height"));
  size.width = TRY(object.Required<std::uint16_t>("width"));
  return size;
}

Result<User> ReadUser(const json::Reader& object) {
  User user;
  user.uid = TRY(object.Required<std::uint32_t>("uid"));
  user.gid = TRY(object.Required<std::uint32_t>("gid"));
  user.umask = TRY(object.Optional<std::uint32_t>("umask"));
  user.additional_gids = TRY(object.OptionalList<std::uint32_t>("additionalGids"));
  // Of Windows, but Go's engines fill it in on Linux too, and no runtime looks at it there.
  TRY(object.Optional<std::string>("username"));
  return user;
}

// Names are not checked: one that is newer than this program is passed over with a warning, by
// plan.
Result<Capabilities> ReadCapabilities(const json::Reader& object) {
  Capabilities capabilities;
  capabilities.bounding = TRY(object.OptionalList<std::string>("bounding"));
  capabilities.effective = TRY(object.OptionalList<std::string>("effective"));
  capabilities.inheritable = TRY(object.OptionalList<std::string>("inheritable"));
  capabilities.permitted = TRY(object.OptionalList<std::string>("permitted"));
  capabilities.ambient = TRY(object.OptionalList<std::string>("ambient"));
  return capabilities;
}

Result<Rlimit> ReadRlimit(const json::Reader& object) {
  Rlimit rlimit;
  rlimit.type = TRY(object.RequiredChoice("type", kRlimits));
  rlimit.soft = TRY(object.Required<std::uint64_t>("soft"));
  rlimit.hard = TRY(object.Required<std::uint64_t>("hard"));
  return rlimit;
}

Result<Scheduler> ReadScheduler(const json::Reader& object) {
  Scheduler scheduler;
  scheduler.policy = TRY(object.RequiredChoice("policy", kSchedulerPolicies));
  scheduler.nice = TRY(object.OptionalOr<std::int32_t>("nice", 0));
  scheduler.priority = TRY(object.OptionalOr<std::int32_t>("priority", 0));
  scheduler.flags = TRY(object.ChoiceList("flags", kSchedulerFlags));
  scheduler.runtime = TRY(object.OptionalOr<std::uint64_t>("runtime", 0));
  scheduler.deadline = TRY(object.OptionalOr<std::uint64_t>("deadline", 0));
  scheduler.period = TRY(object.OptionalOr<std::uint64_t>("period", 0));
  return scheduler;
}

Result<IoPriority> ReadIoPriority(const json::Reader& object) {
  IoPriority priority;
  priority.io_class = TRY(object.RequiredChoice("class", kIoPriorityClasses));
  priority.priority = TRY(object.OptionalOr<std::int32_t>("priority", 0));
  return priority;
}

Result<ExecCpuAffinity> ReadExecCpuAffinity(const json::Reader& object) {
  ExecCpuAffinity affinity;
  affinity.initial = TRY(object.OptionalOr<std::string>("initial", {}));
  affinity.final = TRY(object.OptionalOr<std::string>("final", {}));
  return affinity;
}

}  // namespace

Result<Process> ReadProcessObject(const json::Reader& object) {
  Process process;
  process.terminal = TRY(object.OptionalOr<bool>("terminal", false));
  process.console_size = TRY(object.OptionalObject("consoleSize", ReadConsoleSize));
  process.user = TRY(object.RequiredObject("user", ReadUser));
  process.args = TRY(object.OptionalList<std::string>("args"));
  process.env = TRY(object.OptionalList<std::string>("env"));
  process.cwd = TRY(object.Required<std::string>("cwd"));
  process.capabilities = TRY(object.OptionalObject("capabilities", ReadCapabilities));
  process.rlimits = TRY(object.ObjectList("rlimits", ReadRlimit));
  process.no_new_privileges = TRY(object.OptionalOr<bool>("noNewPrivileges", false));
  process.apparmor_profile = TRY(object.OptionalOr<std::string>("apparmorProfile", {}));
  process.oom_score_adj = TRY(object.Optional<std::int32_t>("oomScoreAdj"));
  process.scheduler = TRY(object.OptionalObject("scheduler", ReadScheduler));
  process.selinux_label = TRY(object.OptionalOr<std::string>("selinuxLabel", {}));
  process.io_priority = TRY(object.OptionalObject("ioPriority", ReadIoPriority));
  process.exec_cpu_affinity = TRY(object.OptionalObject("execCPUAffinity", ReadExecCpuAffinity));
  return process;
}

}  // namespace agentbox::spec
