#include "plan/cgroups.h"

#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "plan/cgroup_units.h"

namespace agentbox::plan {
namespace {

// The writes for `resources` on `mode`, "; " between them, or the error.
std::string WritesOf(const spec::Resources& resources, CgroupMode mode) {
  const auto plan = PlanResources(resources, mode);
  if (!plan) return plan.error().ToString();
  std::vector<std::string> lines;
  for (const CgroupWrite& write : plan->writes)
    lines.push_back(ToString(write));
  return Join(lines, "; ");
}

std::string V1(const spec::Resources& resources) {
  return WritesOf(resources, CgroupMode::kV1);
}
std::string V2(const spec::Resources& resources) {
  return WritesOf(resources, CgroupMode::kV2);
}

std::string Properties(const spec::Resources& resources) {
  const auto plan = PlanResources(resources, CgroupMode::kV2);
  if (!plan) return plan.error().ToString();
  std::vector<std::string> lines;
  for (const UnitProperty& property : plan->properties)
    lines.push_back(ToString(property));
  return Join(lines, "; ");
}

std::string Warnings(const spec::Resources& resources, CgroupMode mode) {
  const auto plan = PlanResources(resources, mode);
  return plan ? Join(plan->warnings, "; ") : plan.error().ToString();
}

HostFacts RootOnV2() {
  HostFacts facts;
  facts.has_systemd = true;
  return facts;
}

Result<CgroupPlan> PlanOf(const std::string& path, const CgroupRequest& request, HostFacts facts) {
  spec::Config config;
  config.linux_.emplace().cgroups_path = path;
  return PlanCgroup(config, policy::Policy(), facts, request, "c1");
}

std::string PathOf(const std::string& path) {
  const auto plan = PlanOf(path, {}, RootOnV2());
  return plan ? plan->path : plan.error().ToString();
}

std::string UnitOf(const std::string& path) {
  const auto plan = PlanOf(path, {.systemd_driver = true}, RootOnV2());
  return plan ? plan->slice + "/" + plan->scope : plan.error().ToString();
}

BOOST_AUTO_TEST_SUITE(plan_cgroups)

BOOST_AUTO_TEST_CASE(shares_become_weights_as_in_runc_1_4) {
  BOOST_TEST(CpuWeight(1) == 1U);
  BOOST_TEST(CpuWeight(2) == 1U);
  BOOST_TEST(CpuWeight(4) == 2U);
  BOOST_TEST(CpuWeight(102) == 17U);
  BOOST_TEST(CpuWeight(512) == 59U);
  BOOST_TEST(CpuWeight(1024) == 100U);
  BOOST_TEST(CpuWeight(2048) == 174U);
  BOOST_TEST(CpuWeight(262144) == 10000U);
}

BOOST_AUTO_TEST_CASE(block_io_weights_keep_their_ends) {
  BOOST_TEST(IoWeight(10) == 1U);
  BOOST_TEST(IoWeight(1000) == 10000U);
}

BOOST_AUTO_TEST_CASE(a_quota_for_systemd_is_rounded_up_to_a_percent) {
  BOOST_TEST(CpuQuotaPerSecond(50000, 100000) == 500000U);
  BOOST_TEST(CpuQuotaPerSecond(50000, 0) == 500000U);
  BOOST_TEST(CpuQuotaPerSecond(1234, 100000) == 20000U);
  BOOST_TEST(CpuQuotaPerSecond(-1, 100000) == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(memory_and_swap_are_counted_together_on_v1_and_apart_on_v2) {
  const spec::Resources both = {.memory = spec::Memory{.limit = 100, .swap = 150}};
  BOOST_TEST(V1(both) == "memory.limit_in_bytes = 100; memory.memsw.limit_in_bytes = 150");
  BOOST_TEST(V2(both) == "memory.swap.max = 50; memory.max = 100");

  const spec::Resources none = {.memory = spec::Memory{.limit = 100, .swap = 100}};
  BOOST_TEST(V2(none) == "memory.swap.max = 0 (where the kernel has it); memory.max = 100");

  const spec::Resources any = {.memory = spec::Memory{.limit = 100, .swap = -1}};
  BOOST_TEST(V2(any) == "memory.swap.max = max (where the kernel has it); memory.max = 100");
}

BOOST_AUTO_TEST_CASE(no_limit_of_memory_lifts_that_of_swap) {
  const spec::Resources any = {.memory = spec::Memory{.limit = -1}};
  BOOST_TEST(
      V1(any) ==
      "memory.limit_in_bytes = -1; memory.memsw.limit_in_bytes = -1 (where the kernel has it)");
  BOOST_TEST(V2(any) == "memory.swap.max = max (where the kernel has it); memory.max = max");
}

BOOST_AUTO_TEST_CASE(swap_below_the_limit_is_an_error_with_its_path) {
  const spec::Resources less = {.memory = spec::Memory{.limit = 100, .swap = 50}};
  const std::string error =
      "linux.resources.memory.swap: 50 is less than memory.limit, 100, which it includes";
  BOOST_TEST(V1(less) == error);
  BOOST_TEST(V2(less) == error);
  BOOST_TEST(V2({.memory = spec::Memory{.swap = 50}}) ==
             "linux.resources.memory.swap: counts memory and swap, so v2 needs memory.limit beside "
             "it");
}

BOOST_AUTO_TEST_CASE(a_check_before_update_compares_with_the_usage) {
  const spec::Resources checked = {.memory =
                                       spec::Memory{.limit = 100, .check_before_update = true}};
  const auto plan = PlanResources(checked, CgroupMode::kV2);
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST(plan->writes.at(0).must_exceed == "memory.current");
}

BOOST_AUTO_TEST_CASE(what_v2_has_not_is_a_warning) {
  const spec::Resources old = {
      .memory = spec::Memory{.kernel = 1, .swappiness = 10, .disable_oom_killer = true},
      .cpu = spec::Cpu{.realtime_runtime = 1000}};
  BOOST_TEST(V2(old).empty());
  BOOST_TEST(Warnings(old, CgroupMode::kV2) ==
             "linux.resources.memory.kernel: passed over: cgroup v2 counts it as memory; "
             "linux.resources.memory.swappiness: passed over: not on cgroup v2; "
             "linux.resources.memory.disableOOMKiller: passed over: not on cgroup v2; "
             "linux.resources.cpu.realtimeRuntime: passed over: not on cgroup v2");
  BOOST_TEST(V1(old) == "memory.swappiness = 10; memory.oom_control = 1; cpu.rt_runtime_us = 1000");
  // Engines' words for "as the host has it".
  spec::Resources nothing = {.memory = spec::Memory{.kernel_tcp = 0, .swappiness = UINT64_MAX}};
  nothing.network.emplace();
  BOOST_TEST(Warnings(nothing, CgroupMode::kV2).empty());
}

BOOST_AUTO_TEST_CASE(cpu_values_go_to_their_files) {
  const spec::Resources cpu = {.cpu = spec::Cpu{.shares = 1024,
                                                .quota = 50000,
                                                .burst = 1000,
                                                .period = 100000,
                                                .cpus = "0-1",
                                                .mems = "0"}};
  BOOST_TEST(
      V1(cpu) ==
      "cpu.shares = 1024; cpu.cfs_period_us = 100000; cpu.cfs_quota_us = 50000; "
      "cpu.cfs_burst_us = 1000 (where the kernel has it); cpuset.cpus = 0-1; cpuset.mems = 0");
  BOOST_TEST(V2(cpu) ==
             "cpu.weight = 100; cpu.max = 50000 100000; cpu.max.burst = 1000 (where the kernel has "
             "it); cpuset.cpus = 0-1; cpuset.mems = 0");
  BOOST_TEST(Properties(cpu) ==
             "CPUWeight=100; CPUQuotaPeriodUSec=100000; CPUQuotaPerSecUSec=500000; "
             "AllowedCPUs=0x03; AllowedMemoryNodes=0x01");
}

BOOST_AUTO_TEST_CASE(a_quota_of_minus_one_lifts_the_limit) {
  BOOST_TEST(V1({.cpu = spec::Cpu{.quota = -1}}) == "cpu.cfs_quota_us = -1");
  BOOST_TEST(V2({.cpu = spec::Cpu{.quota = -1}}) == "cpu.max = max");
  BOOST_TEST(V2({.cpu = spec::Cpu{.period = 50000}}) == "cpu.max = max 50000");
}

BOOST_AUTO_TEST_CASE(an_idle_cgroup_gets_no_weight) {
  BOOST_TEST(V2({.cpu = spec::Cpu{.shares = 1024, .idle = 1}}) == "cpu.idle = 1");
  BOOST_TEST(V2({.cpu = spec::Cpu{.shares = 1024, .idle = 0}}) == "cpu.idle = 0; cpu.weight = 100");
}

BOOST_AUTO_TEST_CASE(a_limit_of_processes_of_zero_or_less_is_none) {
  BOOST_TEST(V1({.pids_limit = 10}) == "pids.max = 10");
  BOOST_TEST(V2({.pids_limit = -1}) == "pids.max = max");
  BOOST_TEST(V2({.pids_limit = 0}) == "pids.max = max");
  BOOST_TEST(Properties({.pids_limit = -1}) == "TasksMax=infinity");
}

BOOST_AUTO_TEST_CASE(block_io_has_a_second_file_for_the_other_scheduler) {
  spec::Resources resources;
  resources.block_io.emplace().weight = 500;
  resources.block_io->weight_device = {{.major = 8, .minor = 16, .weight = 100}};
  resources.block_io->throttle_read_bps_device = {{.major = 8, .minor = 0, .rate = 1024}};
  resources.block_io->throttle_write_iops_device = {{.major = 8, .minor = 0, .rate = 0}};
  BOOST_TEST(V1(resources) ==
             "blkio.weight = 500 (or blkio.bfq.weight = 500); "
             "blkio.weight_device = 8:16 100 (or blkio.bfq.weight_device = 8:16 100); "
             "blkio.throttle.read_bps_device = 8:0 1024; "
             "blkio.throttle.write_iops_device = 8:0 0");
  BOOST_TEST(V2(resources) ==
             "io.bfq.weight = 500 (or io.weight = 4950); "
             "io.bfq.weight = 8:16 100 (or io.weight = 8:16 910); "
             "io.max = 8:0 rbps=1024; io.max = 8:0 wiops=max");
}

BOOST_AUTO_TEST_CASE(huge_pages_network_and_rdma_go_to_their_files) {
  spec::Resources resources;
  resources.hugepage_limits = {{.page_size = "2MB", .limit = 4194304}};
  resources.network.emplace().class_id = 1048577;
  resources.network->priorities = {{.name = "eth0", .priority = 5}};
  resources.rdma = {{"mlx5_1", {.hca_handles = 3, .hca_objects = 10000}}};
  BOOST_TEST(V1(resources) ==
             "hugetlb.2MB.limit_in_bytes = 4194304; "
             "hugetlb.2MB.rsvd.limit_in_bytes = 4194304 (where the kernel has it); "
             "net_cls.classid = 1048577; net_prio.ifpriomap = eth0 5; "
             "rdma.max = mlx5_1 hca_handle=3 hca_object=10000");
}

BOOST_AUTO_TEST_CASE(names_can_not_lead_out_of_the_cgroup) {
  spec::Resources pages;
  pages.hugepage_limits = {{.page_size = "../2MB", .limit = 1}};
  BOOST_TEST(
      V2(pages) ==
      "linux.resources.hugepageLimits[0].pageSize: expected a size such as 2MB or 1GB, found "
      "\"../2MB\"");
  BOOST_TEST(V2({.unified = {{"../cgroup.procs", "1"}}}) ==
             "linux.resources.unified: expected the name of a file of cgroup2, found "
             "\"../cgroup.procs\"");
}

BOOST_AUTO_TEST_CASE(unified_is_for_v2_alone_and_comes_last) {
  const spec::Resources resources = {.pids_limit = 5, .unified = {{"pids.max", "7"}}};
  BOOST_TEST(V2(resources) == "pids.max = 5; pids.max = 7");
  BOOST_TEST(V1(resources) ==
             "linux.resources.unified: has a meaning on cgroup v2 only; this host has v1");
}

BOOST_AUTO_TEST_CASE(ranges_are_checked) {
  BOOST_TEST(V1({.memory = spec::Memory{.limit = -2}}) ==
             "linux.resources.memory.limit: expected bytes, or -1 for no limit, found -2");
  BOOST_TEST(V1({.memory = spec::Memory{.swappiness = 101}}) ==
             "linux.resources.memory.swappiness: expected 0 to 100, found 101");
  BOOST_TEST(V1({.memory = spec::Memory{.swappiness = UINT64_MAX}}).empty());
  BOOST_TEST(V2({.cpu = spec::Cpu{.shares = 262145}}) ==
             "linux.resources.cpu.shares: the maximum is 262144, found 262145");
  BOOST_TEST(V2({.block_io = spec::BlockIo{.weight = 5}}) ==
             "linux.resources.blockIO.weight: expected a weight of 10 to 1000, found 5");
}

BOOST_AUTO_TEST_CASE(a_path_is_absolute_relative_or_the_id) {
  BOOST_TEST(PathOf("/docker/abc") == "/docker/abc");
  BOOST_TEST(PathOf("a//b/./c") == "a/b/c");
  BOOST_TEST(PathOf("/../../a/../b") == "/b");
  BOOST_TEST(PathOf("../../b") == "b");
  BOOST_TEST(PathOf("") == "c1");
  BOOST_TEST(PathOf("/..") ==
             "linux.cgroupsPath: \"/..\" is the root of the hierarchy, which holds the host's "
             "processes");
}

BOOST_AUTO_TEST_CASE(a_systemd_path_is_slice_prefix_and_name) {
  BOOST_TEST(UnitOf("user-1.slice:docker:abc") == "user-1.slice/docker-abc.scope");
  BOOST_TEST(UnitOf("system.slice::abc") == "system.slice/abc.scope");
  BOOST_TEST(UnitOf(":crio:abc") == "system.slice/crio-abc.scope");
  BOOST_TEST(UnitOf("") == "system.slice/agentbox-c1.scope");
  BOOST_TEST(UnitOf("/docker/abc") ==
             "linux.cgroupsPath: expected slice:prefix:name for the systemd driver, found "
             "\"/docker/abc\"");
}

BOOST_AUTO_TEST_CASE(systemd_is_asked_only_where_it_runs_cgroup_v2) {
  HostFacts facts = RootOnV2();
  facts.cgroup_mode = CgroupMode::kHybrid;
  const auto plan = PlanOf("", {.systemd_driver = true}, facts);
  BOOST_REQUIRE(!plan.has_value());
  BOOST_TEST((plan.error().Kind() == ErrorKind::kUnsupported));

  facts = RootOnV2();
  facts.euid = 1000;
  BOOST_TEST(PlanOf("", {.systemd_driver = true}, facts)->user_bus);
  BOOST_TEST(PlanOf("", {.systemd_driver = true}, facts)->slice == "user.slice");
}

BOOST_AUTO_TEST_CASE(a_user_goes_without_a_cgroup_only_if_nothing_was_asked_of_it) {
  HostFacts facts = RootOnV2();
  facts.euid = 1000;
  BOOST_TEST(PlanOf("", {}, facts)->is_optional);
  BOOST_TEST(!PlanOf("/a", {}, facts)->is_optional);

  spec::Config config;
  config.linux_.emplace().resources = spec::Resources{.pids_limit = 10};
  BOOST_TEST(!PlanCgroup(config, policy::Policy(), facts, {}, "c1")->is_optional);
  BOOST_TEST(!PlanOf("", {}, RootOnV2())->is_optional);
}

BOOST_AUTO_TEST_CASE(the_policy_limits_processes_where_the_config_does_not) {
  policy::Policy policy;
  policy.default_pids_limit = 4096;
  spec::Config config;
  config.linux_.emplace();
  const auto plan = PlanCgroup(config, policy, RootOnV2(), {}, "c1");
  BOOST_TEST(plan->resources.writes.at(0).value == "4096");
  BOOST_TEST(plan->resources.writes.at(0).origin == "limits.pids");

  config.linux_->resources = spec::Resources{.pids_limit = -1};
  BOOST_TEST(PlanCgroup(config, policy, RootOnV2(), {}, "c1")->resources.writes.at(0).value ==
             "max");
}

BOOST_AUTO_TEST_CASE(a_writable_cgroup_mount_is_delegated) {
  spec::Config config;
  config.mounts = {{.destination = "/sys/fs/cgroup", .type = "cgroup", .options = {"rw"}}};
  BOOST_TEST(PlanCgroup(config, policy::Policy(), RootOnV2(), {}, "c1")->delegate);
  config.mounts[0].options = {"ro", "nosuid"};
  BOOST_TEST(!PlanCgroup(config, policy::Policy(), RootOnV2(), {}, "c1")->delegate);
}

BOOST_AUTO_TEST_CASE(a_disabled_cgroup_takes_no_limits_and_says_so) {
  spec::Config config;
  config.linux_.emplace().resources = spec::Resources{.pids_limit = 10};
  const auto plan = PlanCgroup(config, policy::Policy(), RootOnV2(), {.disabled = true}, "c1");
  BOOST_TEST((plan->driver == CgroupDriver::kNone));
  BOOST_TEST(plan->resources.writes.empty());
  BOOST_TEST(plan->resources.warnings.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
