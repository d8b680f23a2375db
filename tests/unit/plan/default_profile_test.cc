#include "plan/default_profile.h"

#include <seccomp.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <stdexcept>
#include <string>

#include <boost/test/unit_test.hpp>

#include "plan/syscall_limits.h"
#include "plan/syscall_table.h"

namespace agentbox::plan {
namespace {

using policy::Profile;

constexpr std::array kProfiles = {
    Profile::kDev, Profile::kDebug, Profile::kNetns, Profile::kEngine, Profile::kParanoid};

const SyscallGround& Ground(std::string_view syscall, Profile profile = Profile::kDev) {
  const SyscallEntry* const entry = FindSyscall(syscall);
  if (entry == nullptr) throw std::runtime_error("no call " + std::string(syscall));
  return GroundOf(*entry, profile);
}

BOOST_AUTO_TEST_SUITE(default_profile)

BOOST_AUTO_TEST_CASE(the_table_is_sorted_and_names_each_call_once) {
  const auto table = SyscallTable();
  BOOST_TEST(std::ranges::is_sorted(table, std::ranges::less(), &SyscallEntry::name));
  BOOST_TEST((std::ranges::adjacent_find(table, {}, &SyscallEntry::name) == table.end()));
}

BOOST_AUTO_TEST_CASE(every_number_up_to_the_newest_of_linux_6_18_is_some_calls) {
  for (const Architecture architecture : {Architecture::kAmd64, Architecture::kArm64}) {
    std::set<std::uint32_t> numbers;
    for (const SyscallEntry& entry : SyscallTable()) {
      const auto number = entry.Number(architecture);
      if (number) BOOST_TEST(numbers.insert(*number).second, entry.name);
    }
    const bool is_x86 = architecture == Architecture::kAmd64;
    BOOST_TEST(*numbers.rbegin() == 469U);
    for (std::uint32_t number = 0; number <= 469; ++number) {
      const bool is_reserved =
          is_x86 ? number > 336 && number < 424
                 : (number >= 244 && number < 260) || (number > 294 && number < 424);
      BOOST_TEST(numbers.contains(number) == !is_reserved, number);
    }
  }
}

// libseccomp knows the calls of its own time, and negative numbers for others.
BOOST_AUTO_TEST_CASE(the_numbers_are_those_of_libseccomp) {
  unsigned compared = 0;
  for (const SyscallEntry& entry : SyscallTable()) {
    const std::string name(entry.name);
    for (const auto& [architecture, number] :
         {std::pair{SCMP_ARCH_X86_64, entry.x86_64}, std::pair{SCMP_ARCH_AARCH64, entry.aarch64}}) {
      const int known = seccomp_syscall_resolve_name_arch(architecture, name.c_str());
      if (known < 0) continue;
      BOOST_TEST(number == known, name);
      ++compared;
    }
  }
  BOOST_TEST(compared > 600U);
}

BOOST_AUTO_TEST_CASE(every_call_has_a_reason_and_every_refusal_an_errno_with_one) {
  for (const SyscallEntry& entry : SyscallTable()) {
    for (const Profile profile : kProfiles) {
      const SyscallGround& ground = GroundOf(entry, profile);
      const bool is_answered =
          ground.kind == SyscallKind::kSentry || ground.kind == SyscallKind::kDenied;
      BOOST_TEST(!ground.reason.empty(), entry.name);
      BOOST_TEST((ground.number != 0) == is_answered, entry.name);
      BOOST_TEST(!ground.errno_reason.empty() == is_answered, entry.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(limited_calls_are_those_that_have_limits) {
  std::set<std::string_view> limited;
  for (const Profile profile : kProfiles) {
    for (const SyscallEntry& entry : SyscallTable()) {
      if (GroundOf(entry, profile).kind != SyscallKind::kLimited) continue;
      limited.insert(entry.name);
      const auto rules = LimitRules(entry.name, profile);
      BOOST_TEST(rules.size() > 1U, entry.name);
      BOOST_TEST(rules.back().conditions.empty(), entry.name);
      for (const SeccompRule& rule : rules)
        BOOST_TEST(rule.syscall == entry.name);
    }
  }
  std::set<std::string_view> described;
  for (const SyscallLimit& limit : SyscallLimits())
    described.insert(limit.syscall);
  BOOST_TEST((limited == described));
  BOOST_TEST(std::ranges::is_sorted(SyscallLimits(), {}, &SyscallLimit::syscall));
}

BOOST_AUTO_TEST_CASE(the_surface_is_as_small_as_promised) {
  for (const Architecture architecture : {Architecture::kAmd64, Architecture::kArm64}) {
    const SurfaceCounts counts = CountSurface(Profile::kDev, architecture);
    BOOST_TEST(counts.unlimited + counts.limited <= 210U);
    BOOST_TEST(counts.limited >= 15U);
    BOOST_TEST(counts.served >= 20U);
  }
}

BOOST_AUTO_TEST_CASE(profiles_differ_from_dev_in_what_they_are_for_and_in_nothing_else) {
  const auto open = [](Profile profile) {
    const SurfaceCounts counts = CountSurface(profile);
    return counts.unlimited + counts.limited;
  };
  const unsigned dev = open(Profile::kDev);
  BOOST_TEST(open(Profile::kDebug) == dev + 1);
  BOOST_TEST(open(Profile::kNetns) == dev + 1);
  BOOST_TEST(open(Profile::kEngine) > open(Profile::kNetns));
  BOOST_TEST(open(Profile::kParanoid) < dev);
  BOOST_TEST((Ground("perf_event_open", Profile::kDebug).kind == SyscallKind::kLimited));
  BOOST_TEST((Ground("setns", Profile::kEngine).kind == SyscallKind::kHost));
  BOOST_TEST((Ground("fsopen", Profile::kEngine).kind == SyscallKind::kHost));
  BOOST_TEST(Ground("splice", Profile::kParanoid).number == EINVAL);
}

// Programs fall back from these on ENOSYS, and take EPERM for an error.
BOOST_AUTO_TEST_CASE(no_call_that_programs_try_first_is_answered_with_eperm) {
  for (const std::string_view syscall : {"clone3",
                                         "openat2",
                                         "faccessat2",
                                         "close_range",
                                         "io_uring_setup",
                                         "futex_waitv",
                                         "cachestat",
                                         "map_shadow_stack",
                                         "io_pgetevents",
                                         "rseq",
                                         "statmount",
                                         "memfd_secret",
                                         "keyctl",
                                         "fsopen"}) {
    BOOST_TEST(Ground(syscall).number == ENOSYS, syscall);
  }
}

BOOST_AUTO_TEST_CASE(the_rules_of_one_call_stand_together_and_the_last_one_always_holds) {
  for (const Profile profile : kProfiles) {
    std::set<std::string> seen;
    const SeccompFilter filter = DefaultFilter(profile);
    for (std::size_t i = 0; i < filter.rules.size(); ++i) {
      const bool is_last =
          i + 1 == filter.rules.size() || filter.rules[i + 1].syscall != filter.rules[i].syscall;
      if (!is_last) continue;
      BOOST_TEST(seen.insert(filter.rules[i].syscall).second, filter.rules[i].syscall);
      BOOST_TEST(filter.rules[i].conditions.empty(), filter.rules[i].syscall);
    }
    BOOST_TEST(seen.size() == SyscallTable().size());
  }
}

BOOST_AUTO_TEST_CASE(the_policy_may_open_single_calls) {
  policy::Policy policy = policy::DefaultPolicy();
  policy.allowed_syscalls = {"mq_open", "socket"};
  const auto filter = OwnFilter(policy);
  BOOST_REQUIRE(filter.has_value());
  BOOST_TEST(filter->origin == "profile dev and seccomp.allow");
  for (const std::string& syscall : policy.allowed_syscalls) {
    const auto rule = std::ranges::find(filter->rules, syscall, &SeccompRule::syscall);
    BOOST_TEST(ToString(*rule) == syscall + ": ALLOW");
    BOOST_TEST(std::ranges::count(filter->rules, syscall, &SeccompRule::syscall) == 1);
  }
  policy.allowed_syscalls = {"mqopen"};
  const auto refused = OwnFilter(policy);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().ToString() ==
             "seccomp.allow: \"mqopen\" is no system call of Linux 6.18");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
