// config.md#process: scheduler, ioPriority, execCPUAffinity.
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <string>

#include "facts.h"

namespace agentbox::guest {
namespace {

using nlohmann::json;

// sched_setattr(2); glibc 2.36 does not declare it.
struct SchedulerAttributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;
  std::uint64_t deadline;
  std::uint64_t period;
};

void CheckScheduler(const json& scheduler, Facts& facts) {
  const std::map<std::string, unsigned> policies = {{"SCHED_OTHER", 0},
                                                    {"SCHED_FIFO", 1},
                                                    {"SCHED_RR", 2},
                                                    {"SCHED_BATCH", 3},
                                                    {"SCHED_ISO", 4},
                                                    {"SCHED_IDLE", 5},
                                                    {"SCHED_DEADLINE", 6}};
  SchedulerAttributes found = {};
  ::syscall(SYS_sched_getattr, 0, &found, sizeof found, 0);
  facts.Compare("process.scheduler.policy", policies.at(scheduler.at("policy")), found.policy);
  facts.Compare("process.scheduler.nice", scheduler.value("nice", 0), found.nice);
  facts.Compare("process.scheduler.priority", scheduler.value("priority", 0), found.priority);
}

void CheckIoPriority(const json& priority, Facts& facts) {
  const std::map<std::string, int> classes = {
      {"IOPRIO_CLASS_RT", 1}, {"IOPRIO_CLASS_BE", 2}, {"IOPRIO_CLASS_IDLE", 3}};
  constexpr int kOfProcess = 1;
  const auto found = ::syscall(SYS_ioprio_get, kOfProcess, 0);
  facts.Compare("process.ioPriority.class", classes.at(priority.at("class")), found >> 13);
  facts.Compare("process.ioPriority.priority", priority.value("priority", 0), found & 0x1fff);
}

}  // namespace

void CheckScheduling(const json& process, Facts& facts) {
  if (process.contains("scheduler")) CheckScheduler(process.at("scheduler"), facts);
  if (process.contains("ioPriority")) CheckIoPriority(process.at("ioPriority"), facts);
}

}  // namespace agentbox::guest
