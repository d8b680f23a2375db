#include "kernel/scheduling.h"

#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string>

#include "abi/io_priority.h"

namespace agentbox::kernel {
namespace {

// struct sched_attr of <linux/sched/types.h>, which does not go with <sched.h>: its first version.
struct SchedAttr {
  std::uint32_t size;
  std::uint32_t sched_policy;
  std::uint64_t sched_flags;
  std::int32_t sched_nice;
  std::uint32_t sched_priority;
  std::uint64_t sched_runtime;
  std::uint64_t sched_deadline;
  std::uint64_t sched_period;
};
static_assert(sizeof(SchedAttr) == 48);  // SCHED_ATTR_SIZE_VER0

constexpr unsigned kWordBits = sizeof(unsigned long) * CHAR_BIT;

// `numbers` as bits of as many words as they need.
std::vector<unsigned long> Mask(const std::vector<unsigned>& numbers) {
  const unsigned highest = numbers.empty() ? 0 : *std::ranges::max_element(numbers);
  std::vector<unsigned long> words(highest / kWordBits + 1);
  for (const unsigned number : numbers)
    words[number / kWordBits] |= 1UL << number % kWordBits;
  return words;
}

std::string Of(const char* call, pid_t pid) {
  return pid == 0 ? call : std::string(call) + " of process " + std::to_string(pid);
}

}  // namespace

Result<Rlimit> ReadRlimit(pid_t pid, int resource) {
  struct rlimit limit = {};
  if (::prlimit(pid, static_cast<__rlimit_resource>(resource), nullptr, &limit) < 0) {
    return Fail(Error::FromErrno().Within(Of("prlimit(2)", pid)));
  }
  return Rlimit{limit.rlim_cur, limit.rlim_max};
}

Result<void> SetRlimit(pid_t pid, int resource, const Rlimit& limit) {
  const struct rlimit value = {.rlim_cur = limit.soft, .rlim_max = limit.hard};
  if (::prlimit(pid, static_cast<__rlimit_resource>(resource), &value, nullptr) < 0) {
    return Fail(Error::FromErrno().Within(Of("prlimit(2)", pid)));
  }
  return {};
}

Result<void> SetScheduler(pid_t pid, const SchedulerAttributes& attributes) {
  const SchedAttr value = {.size = sizeof value,
                           .sched_policy = attributes.policy,
                           .sched_flags = attributes.flags,
                           .sched_nice = attributes.nice,
                           .sched_priority = attributes.priority,
                           .sched_runtime = attributes.runtime,
                           .sched_deadline = attributes.deadline,
                           .sched_period = attributes.period};
  if (::syscall(SYS_sched_setattr, pid, &value, 0U) < 0) {
    return Fail(Error::FromErrno().Within(Of("sched_setattr(2)", pid)));
  }
  return {};
}

Result<void> SetIoPriority(pid_t pid, int value) {
  if (::syscall(SYS_ioprio_set, abi::kIoPriorityOfProcess, pid, value) < 0) {
    return Fail(Error::FromErrno().Within(Of("ioprio_set(2)", pid)));
  }
  return {};
}

Result<void> SetAffinity(pid_t pid, const std::vector<unsigned>& cpus) {
  const std::vector<unsigned long> mask = Mask(cpus);
  // The system call, not libc's: that takes a cpu_set_t, of 1024 processors or allocated.
  if (::syscall(SYS_sched_setaffinity, pid, mask.size() * sizeof mask[0], mask.data()) < 0) {
    return Fail(Error::FromErrno().Within(Of("sched_setaffinity(2)", pid)));
  }
  return {};
}

Result<void> SetMemoryPolicy(int mode, const std::vector<unsigned>& nodes) {
  const std::vector<unsigned long> mask = Mask(nodes);
  // The kernel reads one bit less than it is told (get_mempolicy(2), BUGS of set_mempolicy(2)).
  const unsigned long bits = nodes.empty() ? 0 : mask.size() * kWordBits + 1;
  const unsigned long* const words = nodes.empty() ? nullptr : mask.data();
  if (::syscall(SYS_set_mempolicy, mode, words, bits) < 0) {
    return Fail(Error::FromErrno().Within("set_mempolicy(2)"));
  }
  return {};
}

Result<void> SetPersonality(unsigned long persona) {
  if (::personality(persona) < 0) return Fail(Error::FromErrno().Within("personality(2)"));
  return {};
}

}  // namespace agentbox::kernel
