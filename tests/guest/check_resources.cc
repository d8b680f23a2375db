// config-linux.md#control-groups: linux.resources, in the files of the container's own cgroup. What
// a mode of cgroups has no file for is not looked at: the caller says which facts it waits for.
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>

#include "facts.h"

namespace agentbox::guest {
namespace {

using nlohmann::json;

constexpr const char* kCgroup = "/sys/fs/cgroup/";

bool IsV2() {
  return ::access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
}

// The line of `file` that begins with `first`, whole: "254:0 1048576".
std::string LineOf(const std::string& file, const std::string& first) {
  std::ifstream lines(kCgroup + file);
  std::string found = "(no line " + first + ")";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(first + " ")) found = line;
  }
  return found;
}

// A field whose value a file has as it is.
struct Plain {
  const char* field;
  const char* v1;  // below kCgroup; empty: there is none
  const char* v2;
};

constexpr Plain kPlain[] = {
    {"memory/limit", "memory/memory.limit_in_bytes", "memory.max"},
    {"memory/reservation", "memory/memory.soft_limit_in_bytes", "memory.low"},
    {"memory/swap", "memory/memory.memsw.limit_in_bytes", ""},
    {"memory/swappiness", "memory/memory.swappiness", ""},
    {"memory/kernelTCP", "memory/memory.kmem.tcp.limit_in_bytes", ""},
    {"cpu/shares", "cpu/cpu.shares", ""},
    {"cpu/quota", "cpu/cpu.cfs_quota_us", ""},
    {"cpu/period", "cpu/cpu.cfs_period_us", ""},
    {"cpu/burst", "cpu/cpu.cfs_burst_us", "cpu.max.burst"},
    {"cpu/idle", "cpu/cpu.idle", "cpu.idle"},
    {"cpu/cpus", "cpuset/cpuset.cpus", "cpuset.cpus"},
    {"cpu/mems", "cpuset/cpuset.mems", "cpuset.mems"},
    {"cpu/realtimeRuntime", "cpu/cpu.rt_runtime_us", ""},
    {"cpu/realtimePeriod", "cpu/cpu.rt_period_us", ""},
    {"pids/limit", "pids/pids.max", "pids.max"},
    {"network/classID", "net_cls/net_cls.classid", ""},
};

std::string NameOf(std::string field) {
  for (char& character : field) {
    if (character == '/') character = '.';
  }
  return "linux.resources." + field;
}

std::string TextOf(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void CheckPlain(const json& resources, bool is_v2, Facts& facts) {
  for (const Plain& plain : kPlain) {
    const json::json_pointer pointer(std::string("/") + plain.field);
    const std::string file = is_v2 ? plain.v2 : plain.v1;
    if (!resources.contains(pointer) || file.empty()) continue;
    facts.Compare(NameOf(plain.field), TextOf(resources.at(pointer)), FirstLine(kCgroup + file));
  }
}

// What cgroup2 counts apart: memory.swap.max is swap alone.
void CheckSwap(const json& memory, Facts& facts) {
  if (!memory.contains("swap")) return;
  const auto swap = memory.at("swap").get<std::int64_t>() - memory.at("limit").get<std::int64_t>();
  facts.Compare("linux.resources.memory.swap",
                std::to_string(swap),
                FirstLine(std::string(kCgroup) + "memory.swap.max"));
}

// github.com/opencontainers/cgroups, ConvertCPUSharesToCgroupV2Value: 1024 shares are a weight of
// 100, the least and the most are those of both.
std::string WeightOfShares(double shares) {
  const double power = std::log2(shares);
  const double exponent = (power * power + 125 * power) / 612.0 - 7.0 / 34.0;
  return std::to_string(std::lround(std::ceil(std::pow(10, exponent))));
}

void CheckCpuOfV2(const json& cpu, Facts& facts) {
  if (cpu.contains("shares") && cpu.value("idle", 0) == 0) {
    facts.Compare("linux.resources.cpu.shares",
                  WeightOfShares(cpu.at("shares")),
                  FirstLine(std::string(kCgroup) + "cpu.weight"));
  }
  if (!cpu.contains("quota") && !cpu.contains("period")) return;
  const std::string quota = cpu.contains("quota") ? cpu.at("quota").dump() : "max";
  const std::string wanted = quota + " " + std::to_string(cpu.value("period", 100000));
  const std::string found = FirstLine(std::string(kCgroup) + "cpu.max");
  facts.Compare("linux.resources.cpu.quota", wanted, found);
  facts.Compare("linux.resources.cpu.period", wanted, found);
}

void CheckOomKiller(const json& memory, Facts& facts) {
  if (!memory.contains("disableOOMKiller")) return;
  const bool is_disabled = memory.at("disableOOMKiller");
  facts.Compare("linux.resources.memory.disableOOMKiller",
                std::string("oom_kill_disable ") + (is_disabled ? "1" : "0"),
                LineOf("memory/memory.oom_control", "oom_kill_disable"));
}

std::string NumbersOf(const json& device) {
  return device.at("major").dump() + ":" + device.at("minor").dump();
}

// BFQ keeps v1's scale of 10 to 1000 in every mode; io.weight has 1 to 10000.
std::string IoWeight(int weight) {
  return std::to_string(1 + (weight - 10) * 9999 / 990);
}

bool IsThere(const std::string& file) {
  return ::access((kCgroup + file).c_str(), F_OK) == 0;
}

void CheckWeights(const json& block_io, bool is_v2, Facts& facts) {
  const std::string old = IsThere("blkio/blkio.weight") ? "blkio/blkio." : "blkio/blkio.bfq.";
  const bool is_bfq = !is_v2 || IsThere("io.bfq.weight");
  const std::string file = !is_v2 ? old + "weight" : is_bfq ? "io.bfq.weight" : "io.weight";
  const auto text = [is_bfq](int weight) {
    return is_bfq ? std::to_string(weight) : IoWeight(weight);
  };
  if (block_io.contains("weight")) {
    // Older files say "100", newer ones "default 100".
    std::string found = FirstLine(kCgroup + file);
    if (found.starts_with("default ")) found = found.substr(8);
    facts.Compare("linux.resources.blockIO.weight", text(block_io.at("weight")), found);
  }
  for (const json& device : block_io.value("weightDevice", json::array())) {
    facts.Compare("linux.resources.blockIO.weightDevice",
                  NumbersOf(device) + " " + text(device.at("weight")),
                  LineOf(is_v2 ? file : old + "weight_device", NumbersOf(device)));
  }
}

struct Throttle {
  const char* field;
  const char* v1;
  const char* v2;  // a key of io.max
};

constexpr Throttle kThrottles[] = {
    {"throttleReadBpsDevice", "read_bps_device", "rbps"},
    {"throttleWriteBpsDevice", "write_bps_device", "wbps"},
    {"throttleReadIOPSDevice", "read_iops_device", "riops"},
    {"throttleWriteIOPSDevice", "write_iops_device", "wiops"},
};

void CheckThrottles(const json& block_io, bool is_v2, Facts& facts) {
  for (const Throttle& throttle : kThrottles) {
    for (const json& device : block_io.value(throttle.field, json::array())) {
      const std::string numbers = NumbersOf(device);
      const std::string rate = device.at("rate").dump();
      const std::string name = std::string("linux.resources.blockIO.") + throttle.field;
      if (!is_v2) {
        const std::string file = std::string("blkio/blkio.throttle.") + throttle.v1;
        facts.Compare(name, numbers + " " + rate, LineOf(file, numbers));
        continue;
      }
      const std::string line = LineOf("io.max", numbers) + " ";
      const std::string wanted = std::string(" ") + throttle.v2 + "=" + rate + " ";
      facts.Compare(name, wanted, line.find(wanted) == std::string::npos ? line : wanted);
    }
  }
}

void CheckLists(const json& resources, bool is_v2, Facts& facts) {
  for (const json& limit : resources.value("hugepageLimits", json::array())) {
    const std::string prefix = "hugetlb." + limit.at("pageSize").get<std::string>();
    const std::string file = is_v2 ? prefix + ".max" : "hugetlb/" + prefix + ".limit_in_bytes";
    facts.Compare(
        "linux.resources.hugepageLimits", limit.at("limit").dump(), FirstLine(kCgroup + file));
  }
  const json network = resources.value("network", json::object());
  for (const json& priority : network.value("priorities", json::array())) {
    const std::string name = priority.at("name");
    facts.Compare("linux.resources.network.priorities",
                  name + " " + priority.at("priority").dump(),
                  LineOf("net_prio/net_prio.ifpriomap", name));
  }
  const json rdma = resources.value("rdma", json::object());
  for (const auto& [device, limit] : rdma.items()) {
    facts.Compare("linux.resources.rdma",
                  device + " hca_handle=" + limit.at("hcaHandles").dump() +
                      " hca_object=" + limit.at("hcaObjects").dump(),
                  LineOf(is_v2 ? "rdma.max" : "rdma/rdma.max", device));
  }
  const json unified = resources.value("unified", json::object());
  for (const auto& [file, value] : unified.items()) {
    facts.Compare("linux.resources.unified", value, FirstLine(kCgroup + file));
  }
}

}  // namespace

void CheckResources(const json& resources, Facts& facts) {
  const bool is_v2 = IsV2();
  const json memory = resources.value("memory", json::object());
  const json block_io = resources.value("blockIO", json::object());
  CheckPlain(resources, is_v2, facts);
  if (is_v2) {
    CheckSwap(memory, facts);
    CheckCpuOfV2(resources.value("cpu", json::object()), facts);
  } else {
    CheckOomKiller(memory, facts);
  }
  CheckWeights(block_io, is_v2, facts);
  CheckThrottles(block_io, is_v2, facts);
  CheckLists(resources, is_v2, facts);
}

}  // namespace agentbox::guest
