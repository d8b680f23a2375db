// `update`: each option, seen in the container's cgroup from inside. What a cgroup of this host has
// no file for is refused; what has no meaning on cgroup v2 is warned of there.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"
#include "support/host_cgroup.h"

namespace agentbox::test {
namespace {

struct FileValue {
  std::string file;  // below /sys/fs/cgroup; empty: this mode has none
  std::string value;
};

struct Change {
  std::vector<std::string> options;
  std::string origin;  // below linux.resources, as an error or a warning names it
  FileValue v1;
  FileValue v2;
};

// In an order in which each follows from what was before: v1 keeps memory+swap above memory.
std::vector<Change> Changes() {
  return {
      {{"--memory", "64m"},
       "memory.limit",
       {"memory/memory.limit_in_bytes", "67108864"},
       {"memory.max", "67108864"}},
      {{"--memory", "64m", "--memory-swap", "96m"},
       "memory.swap",
       {"memory/memory.memsw.limit_in_bytes", "100663296"},
       {"memory.swap.max", "33554432"}},
      {{"--memory-reservation", "32m"},
       "memory.reservation",
       {"memory/memory.soft_limit_in_bytes", "33554432"},
       {"memory.low", "33554432"}},
      {{"--kernel-memory-tcp", "16m"},
       "memory.kernelTCP",
       {"memory/memory.kmem.tcp.limit_in_bytes", "16777216"},
       {}},
      {{"--cpu-shares", "512"}, "cpu.shares", {"cpu/cpu.shares", "512"}, {"cpu.weight", "59"}},
      {{"--cpu-share", "1024"}, "cpu.shares", {"cpu/cpu.shares", "1024"}, {"cpu.weight", "100"}},
      {{"--cpu-quota", "20000"},
       "cpu.quota",
       {"cpu/cpu.cfs_quota_us", "20000"},
       {"cpu.max", "20000 100000"}},
      {{"--cpu-quota", "30000", "--cpu-period", "60000"},
       "cpu.period",
       {"cpu/cpu.cfs_period_us", "60000"},
       {"cpu.max", "30000 60000"}},
      {{"--cpu-burst", "10000"},
       "cpu.burst",
       {"cpu/cpu.cfs_burst_us", "10000"},
       {"cpu.max.burst", "10000"}},
      {{"--cpuset-cpus", "0"}, "cpu.cpus", {"cpuset/cpuset.cpus", "0"}, {"cpuset.cpus", "0"}},
      {{"--cpuset-mems", "0"}, "cpu.mems", {"cpuset/cpuset.mems", "0"}, {"cpuset.mems", "0"}},
      {{"--pids-limit", "55"}, "pids.limit", {"pids/pids.max", "55"}, {"pids.max", "55"}},
      {{"--cpu-rt-period", "500000"}, "cpu.realtimePeriod", {"cpu/cpu.rt_period_us", "500000"}, {}},
      {{"--cpu-rt-runtime", "5000"}, "cpu.realtimeRuntime", {"cpu/cpu.rt_runtime_us", "5000"}, {}},
      {{"--cpu-idle", "1"}, "cpu.idle", {"cpu/cpu.idle", "1"}, {"cpu.idle", "1"}},
  };
}

struct Updates : Box {
  Updates() {
    bundle.Namespace("cgroup");
    bundle.Args({"/bin/sleep", "1000"}).Launch();
    pid = bundle.Pid();
  }

  // As the container's process sees it.
  std::string ReadInside(const std::string& file) const {
    return Chomp(ReadFile("/proc/" + std::to_string(pid) + "/root/sys/fs/cgroup/" + file));
  }

  void Check(const Change& change, const HostCgroup& cgroup) const {
    const FileValue& wanted = cgroup.IsV2() ? change.v2 : change.v1;
    BOOST_TEST_INFO_SCOPE(change.options.front() << " " << wanted.file);
    const Outcome outcome = bundle.Command("update", change.options);
    if (wanted.file.empty()) {
      BOOST_TEST(outcome.status == 0, outcome.errors);
      BOOST_TEST(outcome.errors.find(change.origin + ": passed over") != std::string::npos,
                 outcome.errors);
    } else if (cgroup.Has(wanted.file)) {
      BOOST_TEST(outcome.status == 0, outcome.errors);
      BOOST_TEST(outcome.errors == "");
      BOOST_TEST(ReadInside(wanted.file) == wanted.value);
    } else {
      CheckFails(outcome, 1, "linux.resources." + change.origin);
    }
  }

  pid_t pid = 0;
};

BOOST_FIXTURE_TEST_SUITE(update, Updates)

BOOST_AUTO_TEST_CASE(each_option_reaches_the_kernel) {
  const HostCgroup cgroup;
  for (const Change& change : Changes())
    Check(change, cgroup);
}

BOOST_AUTO_TEST_CASE(the_weight_of_block_io_reaches_its_scheduler) {
  const HostCgroup cgroup;
  std::string file;
  for (const char* candidate :
       {"io.weight", "io.bfq.weight", "blkio/blkio.bfq.weight", "blkio/blkio.weight"}) {
    if (cgroup.Has(candidate)) file = candidate;
  }
  const Outcome outcome = bundle.Command("update", {"--blkio-weight", "505"});
  if (file.empty()) {
    CheckFails(outcome, 1, "linux.resources.blockIO.weight");
    return;
  }
  BOOST_TEST(outcome.status == 0, outcome.errors);
  // io.weight has 1 to 10000 for 10 to 1000.
  const std::string value = file == "io.weight" ? "5000" : "505";
  const std::string found = ReadInside(file);
  BOOST_TEST((found == value || found == "default " + value), found);
}

BOOST_AUTO_TEST_CASE(without_a_group_of_resctrl_a_schema_is_refused) {
  for (const char* option : {"--l3-cache-schema", "--mem-bw-schema"}) {
    CheckFails(bundle.Command("update", {option, "L3:0=f"}),
               1,
               "the container has no resctrl group of its own (linux.intelRdt)");
  }
}

BOOST_AUTO_TEST_CASE(what_the_kernel_refuses_is_named_and_changes_nothing) {
  const HostCgroup cgroup;
  const std::string file = cgroup.IsV2() ? "pids.max" : "pids/pids.max";
  const std::string before = cgroup.Has(file) ? ReadInside(file) : "";
  CheckFails(bundle.Command("update", {"--cpuset-cpus", "4000"}), 1, "linux.resources.cpu.cpus");
  CheckFails(
      bundle.Command("update", {"--blkio-weight", "5"}), 1, "linux.resources.blockIO.weight");
  BOOST_TEST((cgroup.Has(file) ? ReadInside(file) : "") == before);
  BOOST_TEST(bundle.Status() == "running");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
