// config-linux.md: devices, sysctl, personality, seccomp, memory policy, namespaces, time offsets.
#include <fcntl.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <string>

#include "facts.h"

namespace agentbox::guest {
namespace {

using nlohmann::json;

std::string TypeOf(const struct stat& status) {
  return S_ISCHR(status.st_mode)    ? "c"
         : S_ISBLK(status.st_mode)  ? "b"
         : S_ISFIFO(status.st_mode) ? "p"
                                    : "?";
}

void CheckDevice(const json& device, Facts& facts) {
  const std::string path = device.at("path");
  const std::string name = "linux.devices " + path;
  struct stat status = {};
  facts.Compare(name, 0, ::stat(path.c_str(), &status));
  std::string type = device.at("type");
  if (type == "u") type = "c";
  facts.Compare(name + " type", type, TypeOf(status));
  if (type != "p") {
    facts.Compare(name + " major", device.at("major"), ::major(status.st_rdev));
    facts.Compare(name + " minor", device.at("minor"), ::minor(status.st_rdev));
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    facts.Compare(name + " opens", "", fd >= 0 ? "" : ErrnoName(errno));
  }
  facts.Compare(name + " fileMode", device.value("fileMode", 0666), status.st_mode & 0777);
  facts.Compare(name + " uid", device.value("uid", 0U), status.st_uid);
  facts.Compare(name + " gid", device.value("gid", 0U), status.st_gid);
}

// Those that each container has, config-linux.md#default-devices.
void CheckDefaultDevices(Facts& facts) {
  const std::map<std::string, std::pair<unsigned, unsigned>> devices = {{"/dev/null", {1, 3}},
                                                                        {"/dev/zero", {1, 5}},
                                                                        {"/dev/full", {1, 7}},
                                                                        {"/dev/random", {1, 8}},
                                                                        {"/dev/urandom", {1, 9}},
                                                                        {"/dev/tty", {5, 0}}};
  for (const auto& [path, numbers] : devices) {
    json device = {
        {"path", path}, {"type", "c"}, {"major", numbers.first}, {"minor", numbers.second}};
    struct stat status = {};
    ::stat(path.c_str(), &status);
    facts.Compare("default device " + path,
                  json({"c", numbers.first, numbers.second, 0666, 0}),
                  json({TypeOf(status),
                        ::major(status.st_rdev),
                        ::minor(status.st_rdev),
                        status.st_mode & 0777,
                        status.st_uid}));
  }
  facts.Compare("default device /dev/ptmx", "pts/ptmx", LinkOf("/dev/ptmx"));
  facts.Compare("default device /dev/fd", "/proc/self/fd", LinkOf("/dev/fd"));
  facts.Compare("default device /dev/stdin", "/proc/self/fd/0", LinkOf("/dev/stdin"));
}

void CheckSysctls(const json& sysctls, Facts& facts) {
  for (const auto& [key, value] : sysctls.items()) {
    std::string path = "/proc/sys/" + key;
    std::replace(path.begin() + 10, path.end(), '.', '/');
    facts.Compare("linux.sysctl " + key, value, FirstLine(path));
  }
}

void CheckPersonality(const json& wanted, Facts& facts) {
  const int found = ::personality(0xffffffff);
  facts.Compare("linux.personality.domain",
                wanted.at("domain") == "LINUX32" ? PER_LINUX32 : PER_LINUX,
                found);
}

// set_mempolicy(2); the headers of Debian 12 know neither the last mode nor all flags.
void CheckMemoryPolicy(const json& wanted, Facts& facts) {
  const std::map<std::string, int> modes = {{"MPOL_DEFAULT", 0},
                                            {"MPOL_PREFERRED", 1},
                                            {"MPOL_BIND", 2},
                                            {"MPOL_INTERLEAVE", 3},
                                            {"MPOL_LOCAL", 4},
                                            {"MPOL_PREFERRED_MANY", 5},
                                            {"MPOL_WEIGHTED_INTERLEAVE", 6}};
  const std::map<std::string, int> all_flags = {{"MPOL_F_STATIC_NODES", 1 << 15},
                                                {"MPOL_F_RELATIVE_NODES", 1 << 14},
                                                {"MPOL_F_NUMA_BALANCING", 1 << 13}};
  constexpr int kFlags = 7 << 13;
  int mode = -1;
  unsigned long nodes[16] = {};
  if (::syscall(SYS_get_mempolicy, &mode, nodes, sizeof nodes * 8, nullptr, 0) < 0) mode = -errno;
  const std::string list = wanted.value("nodes", "");
  const std::string name = wanted.at("mode");
  // Preferring no node in particular is preferring the local one.
  const bool is_local = name == "MPOL_PREFERRED" && list.empty();
  facts.Compare("linux.memoryPolicy.mode",
                is_local ? modes.at("MPOL_LOCAL") : modes.at(name),
                mode & ~kFlags);
  int flags = 0;
  for (const std::string flag : wanted.value("flags", json::array()))
    flags |= all_flags.at(flag);
  facts.Compare("linux.memoryPolicy.flags", flags, mode & kFlags);
  // The tests' lists are "0" or none.
  facts.Compare("linux.memoryPolicy.nodes", list == "0" ? 1UL : 0UL, nodes[0]);
}

void CheckTimeOffsets(const json& offsets, Facts& facts) {
  std::map<std::string, json> found;
  std::ifstream lines("/proc/self/timens_offsets");
  std::string clock;
  long seconds = 0;
  long nanoseconds = 0;
  while (lines >> clock >> seconds >> nanoseconds) {
    found[clock] = {seconds, nanoseconds};
  }
  for (const auto& [name, offset] : offsets.items()) {
    facts.Compare("linux.timeOffsets." + name,
                  json({offset.value("secs", 0L), offset.value("nanosecs", 0L)}),
                  found[name]);
  }
}

}  // namespace

void CheckHost(const json& config, Facts& facts) {
  struct utsname names = {};
  ::uname(&names);
  if (config.contains("hostname")) {
    facts.Compare("hostname", config.at("hostname"), std::string(names.nodename));
  }
  if (config.contains("domainname")) {
    facts.Compare("domainname", config.at("domainname"), std::string(names.domainname));
  }
}

void CheckLinux(const json& linux_part, Facts& facts) {
  CheckDefaultDevices(facts);
  for (const json& device : linux_part.value("devices", json::array())) {
    CheckDevice(device, facts);
  }
  CheckSysctls(linux_part.value("sysctl", json::object()), facts);
  if (linux_part.contains("personality")) CheckPersonality(linux_part.at("personality"), facts);
  if (linux_part.contains("memoryPolicy")) CheckMemoryPolicy(linux_part.at("memoryPolicy"), facts);
  CheckTimeOffsets(linux_part.value("timeOffsets", json::object()), facts);
  // There is a filter whatever the config says.
  facts.Compare("seccomp mode", "2", StatusField("/proc/self/status", "Seccomp"));
}

void CheckNamespaces(Arguments of_host, Facts& facts) {
  for (const std::string argument : of_host) {
    const std::string type = argument.substr(0, argument.find('='));
    const std::string host = argument.substr(argument.find('=') + 1);
    const std::string found = LinkOf("/proc/self/ns/" + type);
    facts.Compare("namespace " + type, true, found.starts_with(type + ":[") && found != host);
  }
}

}  // namespace agentbox::guest
