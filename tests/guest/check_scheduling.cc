// config.md#process: scheduler. The I/O priority is looked at from outside: ioprio_get(2) is
// refused.
#include <sched.h>
#include <sys/resource.h>

#include <map>
#include <string>

#include "facts.h"

namespace agentbox::guest {
namespace {

using nlohmann::json;

void CheckScheduler(const json& scheduler, Facts& facts) {
  const std::map<std::string, unsigned> policies = {{"SCHED_OTHER", 0},
                                                    {"SCHED_FIFO", 1},
                                                    {"SCHED_RR", 2},
                                                    {"SCHED_BATCH", 3},
                                                    {"SCHED_ISO", 4},
                                                    {"SCHED_IDLE", 5},
                                                    {"SCHED_DEADLINE", 6}};
  struct sched_param found = {};
  ::sched_getparam(0, &found);
  facts.Compare("process.scheduler.policy",
                policies.at(scheduler.at("policy")),
                static_cast<unsigned>(::sched_getscheduler(0)));
  facts.Compare(
      "process.scheduler.nice", scheduler.value("nice", 0), ::getpriority(PRIO_PROCESS, 0));
  facts.Compare("process.scheduler.priority", scheduler.value("priority", 0), found.sched_priority);
}

}  // namespace

void CheckScheduling(const json& process, Facts& facts) {
  if (process.contains("scheduler")) CheckScheduler(process.at("scheduler"), facts);
}

}  // namespace agentbox::guest
