#include "plan/sysctl.h"

#include <sched.h>

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

// The step's text, or the error.
std::string PlanOf(const std::string& name, const std::string& value, std::uint64_t shared = 0) {
  spec::Config config;
  config.linux_.emplace().sysctl[name] = value;
  const auto steps = PlanSysctl(config, {.shared = shared});
  return steps ? ToString(steps->front()) : steps.error().ToString();
}

BOOST_AUTO_TEST_SUITE(sysctl)

BOOST_AUTO_TEST_CASE(a_name_is_a_path_below_proc_sys) {
  BOOST_TEST(PlanOf("net.ipv4.ip_forward", "1") ==
             "/proc/sys/net/ipv4/ip_forward = 1  [linux.sysctl.net.ipv4.ip_forward]");
  BOOST_TEST(PlanOf("net/ipv4/conf/eth0.100/rp_filter", "0")
                 .starts_with("/proc/sys/net/ipv4/conf/eth0.100/rp_filter = 0"));
  BOOST_TEST(PlanOf("net.ipv4.conf.eth0/100.rp_filter", "0")
                 .starts_with("/proc/sys/net/ipv4/conf/eth0.100/rp_filter = 0"));
}

BOOST_AUTO_TEST_CASE(what_belongs_to_no_namespace_is_the_hosts) {
  BOOST_TEST(PlanOf("kernel.core_pattern", "|/bin/sh") ==
             "linux.sysctl.kernel.core_pattern: is not of a namespace: it would change the host");
  BOOST_TEST(PlanOf("vm.swappiness", "1").ends_with("it would change the host"));
  BOOST_TEST(PlanOf("kernel.shmmax", "1").starts_with("/proc/sys/kernel/shmmax"));
  BOOST_TEST(PlanOf("kernel.hostname", "x") ==
             "linux.sysctl.kernel.hostname: is set by \"hostname\"");
}

BOOST_AUTO_TEST_CASE(a_namespace_of_the_hosts_is_not_changed) {
  BOOST_TEST(PlanOf("net.ipv4.ip_forward", "1", CLONE_NEWNET) ==
             "linux.sysctl.net.ipv4.ip_forward: the container has the host's network namespace: it "
             "would change the host");
  BOOST_TEST(PlanOf("kernel.shmmax", "1", CLONE_NEWNET).starts_with("/proc/sys"));
}

BOOST_AUTO_TEST_CASE(nothing_is_smuggled_into_a_name_or_a_value) {  // CVE-2022-0811
  for (const char* const name : {"net.ipv4.ip_forward+kernel.core_pattern",
                                 "net/../kernel/core_pattern",
                                 "net//ipv4",
                                 "net/./ipv4",
                                 "/net/ipv4/ip_forward",
                                 "net.ipv4.x\n",
                                 ""}) {
    BOOST_TEST(PlanOf(name, "1").ends_with("is not the name of a kernel parameter"), name);
  }
  BOOST_TEST(PlanOf("kernel.shmmax", "1\n2").ends_with("has characters it must not"));
  BOOST_TEST(PlanOf("kernel.shmmax", "1+2").ends_with("has characters it must not"));
  BOOST_TEST(PlanOf("kernel.sem", "1\t2 3").starts_with("/proc/sys/kernel/sem"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
