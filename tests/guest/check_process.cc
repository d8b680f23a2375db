// config.md#process, config.md#linux-process.
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "facts.h"

namespace agentbox::guest {
namespace {

using nlohmann::json;

constexpr const char* kStatus = "/proc/self/status";

void CheckUser(const json& user, Facts& facts) {
  const std::string uid = std::to_string(user.at("uid").get<unsigned>());
  const std::string gid = std::to_string(user.at("gid").get<unsigned>());
  const auto four = [](const std::string& id) { return id + "\t" + id + "\t" + id + "\t" + id; };
  facts.Compare("process.user.uid", four(uid), StatusField(kStatus, "Uid"));
  facts.Compare("process.user.gid", four(gid), StatusField(kStatus, "Gid"));
  std::vector<gid_t> groups(65536);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  const std::set<gid_t> wanted = user.value("additionalGids", std::set<gid_t>());
  facts.Compare(
      "process.user.additionalGids", wanted, std::set<gid_t>(groups.begin(), groups.end()));
  if (user.contains("umask")) {
    const auto found = std::strtoul(StatusField(kStatus, "Umask").c_str(), nullptr, 8);
    facts.Compare("process.user.umask", user.at("umask"), found);
  }
}

constexpr const char* kCapabilities[] = {"CHOWN",
                                         "DAC_OVERRIDE",
                                         "DAC_READ_SEARCH",
                                         "FOWNER",
                                         "FSETID",
                                         "KILL",
                                         "SETGID",
                                         "SETUID",
                                         "SETPCAP",
                                         "LINUX_IMMUTABLE",
                                         "NET_BIND_SERVICE",
                                         "NET_BROADCAST",
                                         "NET_ADMIN",
                                         "NET_RAW",
                                         "IPC_LOCK",
                                         "IPC_OWNER",
                                         "SYS_MODULE",
                                         "SYS_RAWIO",
                                         "SYS_CHROOT",
                                         "SYS_PTRACE",
                                         "SYS_PACCT",
                                         "SYS_ADMIN",
                                         "SYS_BOOT",
                                         "SYS_NICE",
                                         "SYS_RESOURCE",
                                         "SYS_TIME",
                                         "SYS_TTY_CONFIG",
                                         "MKNOD",
                                         "LEASE",
                                         "AUDIT_WRITE",
                                         "AUDIT_CONTROL",
                                         "SETFCAP",
                                         "MAC_OVERRIDE",
                                         "MAC_ADMIN",
                                         "SYSLOG",
                                         "WAKE_ALARM",
                                         "BLOCK_SUSPEND",
                                         "AUDIT_READ",
                                         "PERFMON",
                                         "BPF",
                                         "CHECKPOINT_RESTORE"};

std::set<std::string> CapabilitiesOf(const std::string& hexadecimal) {
  const auto bits = std::strtoull(hexadecimal.c_str(), nullptr, 16);
  std::set<std::string> names;
  for (std::size_t i = 0; i < std::size(kCapabilities); ++i) {
    if ((bits >> i & 1) != 0) names.insert(std::string("CAP_") + kCapabilities[i]);
  }
  return names;
}

void CheckCapabilities(const json& process, Facts& facts) {
  const json sets = process.value("capabilities", json::object());
  const std::map<std::string, std::string> keys = {{"bounding", "CapBnd"},
                                                   {"effective", "CapEff"},
                                                   {"permitted", "CapPrm"},
                                                   {"inheritable", "CapInh"},
                                                   {"ambient", "CapAmb"}};
  for (const auto& [set, key] : keys) {
    facts.Compare("process.capabilities." + set,
                  sets.value(set, std::set<std::string>()),
                  CapabilitiesOf(StatusField(kStatus, key)));
  }
}

constexpr std::pair<const char*, __rlimit_resource> kLimits[] = {
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK}};

void CheckLimits(const json& process, Facts& facts) {
  for (const json& limit : process.value("rlimits", json::array())) {
    const std::string type = limit.at("type");
    const auto* const known = std::ranges::find_if(
        kLimits, [&type](const auto& candidate) { return type == candidate.first; });
    struct rlimit found = {};
    if (known != std::end(kLimits)) ::getrlimit(known->second, &found);
    facts.Compare("process.rlimits." + type + ".soft", limit.at("soft"), found.rlim_cur);
    facts.Compare("process.rlimits." + type + ".hard", limit.at("hard"), found.rlim_max);
  }
}

void CheckEnvironment(const json& process, Facts& facts) {
  std::set<std::string> found;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    found.insert(*variable);
  }
  for (const std::string variable : process.value("env", json::array())) {
    const std::string name = variable.substr(0, variable.find('='));
    facts.Compare("process.env." + name, true, found.contains(variable));
  }
}

}  // namespace

void CheckProcess(const json& process, Facts& facts) {
  CheckUser(process.at("user"), facts);
  CheckCapabilities(process, facts);
  CheckLimits(process, facts);
  CheckEnvironment(process, facts);
  char* const directory = ::getcwd(nullptr, 0);
  facts.Compare(
      "process.cwd", process.at("cwd"), std::string(directory != nullptr ? directory : ""));
  std::free(directory);
  facts.Compare("process.noNewPrivileges",
                process.value("noNewPrivileges", false) ? "1" : "0",
                StatusField(kStatus, "NoNewPrivs"));
  facts.Compare("process.terminal", process.value("terminal", false), ::isatty(0) == 1);
  if (process.contains("oomScoreAdj")) {
    facts.Compare("process.oomScoreAdj",
                  std::to_string(process.at("oomScoreAdj").get<int>()),
                  FirstLine("/proc/self/oom_score_adj"));
  }
}

}  // namespace agentbox::guest
