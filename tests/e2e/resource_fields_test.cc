// config.json's `linux.resources`, seen from inside in the container's own cgroup
// (config-linux.md#control-groups). Which of three things is right for a field is decided by the
// files that a cgroup of this host has: it is set; it is refused, for want of the file; or it is
// warned of, as having no meaning on cgroup v2.
#include <filesystem>
#include <ostream>

#include <boost/test/unit_test.hpp>

#include "support/facts.h"
#include "support/host_cgroup.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

enum class Answer { kSet, kRefused, kPassedOver };

std::ostream& operator<<(std::ostream& stream, Answer answer) {
  return stream << (answer == Answer::kSet       ? "set"
                    : answer == Answer::kRefused ? "refused"
                                                 : "passed over");
}

struct Field {
  std::string name;  // below linux.resources
  std::string resources;
  std::vector<std::string> v1;  // the files that may hold it; none: it has no meaning there
  std::vector<std::string> v2;
};

struct Resources : Box {
  Resources() { bundle.Namespace("cgroup"); }

  Answer Expected(const Field& field) const {
    const HostCgroup cgroup;
    const std::vector<std::string>& files = cgroup.IsV2() ? field.v2 : field.v1;
    for (const std::string& file : files) {
      if (cgroup.Has(file)) return Answer::kSet;
    }
    return cgroup.IsV2() && files.empty() ? Answer::kPassedOver : Answer::kRefused;
  }

  // The answer to each is the expected one; those that are set are set together, in one container.
  void Check(const std::vector<Field>& fields) {
    for (const Field& field : fields)
      Expect(field.name, json::parse(field.resources), Expected(field));
    CheckExpected();
  }

  void Expect(const std::string& name, const json& resources, Answer answer) {
    const std::string origin = "linux.resources." + name;
    BOOST_TEST_MESSAGE(origin << " is to be " << answer);
    if (answer == Answer::kRefused) {
      bundle.config["linux"]["resources"] = resources;
      CheckFails(bundle.Run({"/bin/true"}), 1, origin);
    } else if (answer == Answer::kSet) {
      set.push_back(origin);
      set_resources.merge_patch(resources);
    } else {
      passed_over.push_back(origin);
      passed_over_resources.merge_patch(resources);
    }
  }

  void CheckExpected() {
    if (!passed_over.empty()) {
      bundle.config["linux"]["resources"] = passed_over_resources;
      const Outcome outcome = bundle.Run({"/bin/true"});
      BOOST_TEST(outcome.status == 0, outcome.errors);
      for (const std::string& origin : passed_over) {
        BOOST_TEST(outcome.errors.find(origin + ": passed over") != std::string::npos,
                   origin << " is not in: " << outcome.errors);
      }
    }
    if (!set.empty()) {
      bundle.config["linux"]["resources"] = set_resources;
      CheckFacts(bundle, set);
    }
    CheckNothingLeft(bundle);
  }

  std::vector<std::string> set;
  json set_resources = json::object();
  std::vector<std::string> passed_over;
  json passed_over_resources = json::object();
};

BOOST_FIXTURE_TEST_SUITE(resource_fields, Resources)

BOOST_AUTO_TEST_CASE(memory_is_limited) {
  const std::vector<Field> fields = {
      {"memory.limit",
       R"({"memory": {"limit": 67108864}})",
       {"memory/memory.limit_in_bytes"},
       {"memory.max"}},
      {"memory.reservation",
       R"({"memory": {"limit": 67108864, "reservation": 33554432}})",
       {"memory/memory.soft_limit_in_bytes"},
       {"memory.low"}},
      {"memory.swap",
       R"({"memory": {"limit": 67108864, "swap": 100663296}})",
       {"memory/memory.memsw.limit_in_bytes"},
       {"memory.swap.max"}},
      {"memory.swappiness", R"({"memory": {"swappiness": 35}})", {"memory/memory.swappiness"}, {}},
      {"memory.disableOOMKiller",
       R"({"memory": {"limit": 67108864, "disableOOMKiller": true}})",
       {"memory/memory.oom_control"},
       {}},
      {"memory.kernelTCP",
       R"({"memory": {"kernelTCP": 16777216}})",
       {"memory/memory.kmem.tcp.limit_in_bytes"},
       {}}};
  // Gone from the kernel, in every mode.
  Expect("memory.kernel", {{"memory", {{"kernel", 16777216}}}}, Answer::kPassedOver);
  Check(fields);
}

BOOST_AUTO_TEST_CASE(cpu_time_is_limited) {
  const std::string limited = R"({"cpu": {"quota": 30000, "period": 60000, "burst": 20000}})";
  const std::vector<Field> fields = {
      {"cpu.shares", R"({"cpu": {"shares": 512}})", {"cpu/cpu.shares"}, {"cpu.weight"}},
      {"cpu.quota", limited, {"cpu/cpu.cfs_quota_us"}, {"cpu.max"}},
      {"cpu.period", limited, {"cpu/cpu.cfs_period_us"}, {"cpu.max"}},
      {"cpu.burst", limited, {"cpu/cpu.cfs_burst_us"}, {"cpu.max.burst"}},
      {"cpu.realtimeRuntime",
       R"({"cpu": {"realtimeRuntime": 5000, "realtimePeriod": 500000}})",
       {"cpu/cpu.rt_runtime_us"},
       {}},
      {"cpu.realtimePeriod",
       R"({"cpu": {"realtimeRuntime": 5000, "realtimePeriod": 500000}})",
       {"cpu/cpu.rt_period_us"},
       {}}};
  Check(fields);
}

// An idle cgroup has no weight.
BOOST_AUTO_TEST_CASE(cpu_time_may_be_what_nobody_else_wants) {
  Check({{"cpu.idle", R"({"cpu": {"idle": 1}})", {"cpu/cpu.idle"}, {"cpu.idle"}}});
}

BOOST_AUTO_TEST_CASE(cpus_memory_nodes_and_processes_are_limited) {
  const std::vector<Field> fields = {
      {"cpu.cpus", R"({"cpu": {"cpus": "0"}})", {"cpuset/cpuset.cpus"}, {"cpuset.cpus"}},
      {"cpu.mems", R"({"cpu": {"mems": "0"}})", {"cpuset/cpuset.mems"}, {"cpuset.mems"}},
      {"pids.limit", R"({"pids": {"limit": 77}})", {"pids/pids.max"}, {"pids.max"}}};
  Check(fields);
}

BOOST_AUTO_TEST_CASE(block_io_has_a_weight) {
  const std::vector<std::string> v1 = {"blkio/blkio.weight", "blkio/blkio.bfq.weight"};
  const std::vector<std::string> v2 = {"io.bfq.weight", "io.weight"};
  Expect(
      "blockIO.weight", {{"blockIO", {{"weight", 300}}}}, Expected({"blockIO.weight", "", v1, v2}));
  // Of one disk there is a weight only where its scheduler (BFQ), or the cost model of cgroup2, is
  // on.
  const Disk disk = FirstDisk();
  const std::string number = std::to_string(disk.major) + ":" + std::to_string(disk.minor);
  const std::string costs = "\n" + ReadFile("/sys/fs/cgroup/io.cost.qos");
  const std::string scheduler = ReadFile("/sys/block/" + disk.name + "/queue/scheduler");
  const HostCgroup cgroup;
  const bool is_weighed = cgroup.Has("io.weight") && !cgroup.Has("io.bfq.weight")
                              ? costs.find("\n" + number + " ") != std::string::npos
                              : scheduler.find("[bfq]") != std::string::npos;
  const json device = {{"major", disk.major}, {"minor", disk.minor}, {"weight", 400}};
  Expect("blockIO.weightDevice",
         {{"blockIO", {{"weightDevice", json::array({device})}}}},
         is_weighed ? Answer::kSet : Answer::kRefused);
  CheckExpected();
}

BOOST_AUTO_TEST_CASE(block_io_is_throttled) {
  const Disk disk = FirstDisk();
  const json device = {{"major", disk.major}, {"minor", disk.minor}, {"rate", 1048576}};
  const std::vector<std::pair<std::string, std::string>> files = {
      {"throttleReadBpsDevice", "read_bps_device"},
      {"throttleWriteBpsDevice", "write_bps_device"},
      {"throttleReadIOPSDevice", "read_iops_device"},
      {"throttleWriteIOPSDevice", "write_iops_device"}};
  for (const auto& [name, file] : files) {
    const Field field = {"blockIO." + name, "", {"blkio/blkio.throttle." + file}, {"io.max"}};
    Expect(field.name, {{"blockIO", {{name, json::array({device})}}}}, Expected(field));
  }
  CheckExpected();
}

BOOST_AUTO_TEST_CASE(huge_pages_are_limited) {
  Check({{"hugepageLimits",
          R"({"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]})",
          {"hugetlb/hugetlb.2MB.limit_in_bytes"},
          {"hugetlb.2MB.max"}}});
}

BOOST_AUTO_TEST_CASE(packets_have_a_class_and_a_priority) {
  const HostCgroup cgroup;
  const auto answer = [&cgroup](const std::string& file) {
    return cgroup.IsV2() ? Answer::kPassedOver : cgroup.Has(file) ? Answer::kSet : Answer::kRefused;
  };
  // On cgroup v2 it is the whole that has no meaning.
  const auto name = [&cgroup](const std::string& part) {
    return cgroup.IsV2() ? "network" : "network." + part;
  };
  Expect(name("classID"), {{"network", {{"classID", 1048577}}}}, answer("net_cls/net_cls.classid"));
  json priority = {{"name", "lo"}, {"priority", 5}};
  Expect(name("priorities"),
         {{"network", {{"priorities", json::array({priority})}}}},
         answer("net_prio/net_prio.ifpriomap"));
  CheckExpected();
}

BOOST_AUTO_TEST_CASE(rdma_is_limited) {
  std::error_code error;
  std::string device;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/infiniband", error)) {
    device = entry.path().filename();
  }
  const bool has_device = !device.empty();
  if (!has_device) device = "mlx5_1";
  const Field field = {"rdma", "", {"rdma/rdma.max"}, {"rdma.max"}};
  const json limit = {{"hcaHandles", 3}, {"hcaObjects", 1000}};
  Expect("rdma", {{"rdma", {{device, limit}}}}, has_device ? Expected(field) : Answer::kRefused);
  CheckExpected();
}

BOOST_AUTO_TEST_CASE(files_of_cgroup2_are_written_as_they_are) {
  Check({{"unified", R"({"unified": {"memory.high": "50331648"}})", {}, {"memory.high"}}});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
