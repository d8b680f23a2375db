// The rules of config.md#process.

#include <algorithm>

#include "base/strings.h"
#include "json/reader.h"
#include "spec/validate.h"

namespace agentbox::spec {
namespace {

using json::Invalid;
using json::JoinPath;

Result<void> ValidateEnvironment(const std::vector<std::string>& env, const std::string& path) {
  for (std::size_t i = 0; i < env.size(); ++i) {
    const auto equals = env[i].find('=');
    if (equals == std::string::npos || equals == 0) {
      return Fail(Invalid(JoinPath(path, i), Quoted(env[i]) + " is not NAME=value"));
    }
  }
  return {};
}

Result<void> ValidateRlimits(const std::vector<Rlimit>& rlimits, const std::string& path) {
  for (std::size_t i = 0; i < rlimits.size(); ++i) {
    const Rlimit& rlimit = rlimits[i];
    const auto first = std::ranges::find(rlimits, rlimit.type, &Rlimit::type);
    if (&*first != &rlimit) {
      return Fail(Invalid(JoinPath(path, i),
                          rlimit.type + " is there twice, also as " +
                              JoinPath(path, static_cast<std::size_t>(first - rlimits.begin()))));
    }
    if (rlimit.soft > rlimit.hard) {
      return Fail(Invalid(JoinPath(path, i),
                          "the soft limit " + std::to_string(rlimit.soft) +
                              " is above the hard limit " + std::to_string(rlimit.hard)));
    }
  }
  return {};
}

Result<void> Validate(const Scheduler& scheduler, const std::string& path) {
  TRY(CheckRange(scheduler.nice, -20, 19, JoinPath(path, "nice")));
  const bool is_realtime = scheduler.policy == "SCHED_FIFO" || scheduler.policy == "SCHED_RR";
  if (is_realtime) {
    TRY(CheckRange(scheduler.priority, 1, 99, JoinPath(path, "priority")));
  } else if (scheduler.priority != 0) {
    return Fail(Invalid(JoinPath(path, "priority"), "is only for SCHED_FIFO and SCHED_RR"));
  }
  const bool has_times = scheduler.runtime != 0 || scheduler.deadline != 0 || scheduler.period != 0;
  if (has_times && scheduler.policy != "SCHED_DEADLINE") {
    return Fail(Invalid(path, "runtime, deadline and period are only for SCHED_DEADLINE"));
  }
  return {};
}

Result<void> Validate(const User& user, const std::string& path) {
  constexpr std::int64_t kPermissions = 0777;
  // (uid_t)-1 is "unchanged" to the kernel, and no id (credentials(7)).
  constexpr std::int64_t kLargestId = 0xfffffffe;
  TRY(CheckRange(user.uid, 0, kLargestId, JoinPath(path, "uid")));
  TRY(CheckRange(user.gid, 0, kLargestId, JoinPath(path, "gid")));
  for (std::size_t i = 0; i < user.additional_gids.size(); ++i) {
    TRY(CheckRange(
        user.additional_gids[i], 0, kLargestId, JoinPath(JoinPath(path, "additionalGids"), i)));
  }
  if (user.umask) TRY(CheckRange(*user.umask, 0, kPermissions, JoinPath(path, "umask")));
  return {};
}

}  // namespace

Result<void> Validate(const Process& process, const std::string& path) {
  if (process.args.empty()) {
    return Fail(Invalid(JoinPath(path, "args"), "names no program to run"));
  }
  TRY(CheckAbsolute(process.cwd, JoinPath(path, "cwd")));
  TRY(Validate(process.user, JoinPath(path, "user")));
  TRY(ValidateEnvironment(process.env, JoinPath(path, "env")));
  TRY(ValidateRlimits(process.rlimits, JoinPath(path, "rlimits")));
  if (process.oom_score_adj) {
    TRY(CheckRange(*process.oom_score_adj, -1000, 1000, JoinPath(path, "oomScoreAdj")));
  }
  if (process.scheduler) TRY(Validate(*process.scheduler, JoinPath(path, "scheduler")));
  if (process.io_priority) {
    const std::string priority = JoinPath(JoinPath(path, "ioPriority"), "priority");
    TRY(CheckRange(process.io_priority->priority, 0, 7, priority));
  }
  return {};
}

}  // namespace agentbox::spec
