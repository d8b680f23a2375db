// The kinds of namespaces: names of runtime-spec and of /proc/PID/ns, CLONE_* flags
// (namespaces(7)).
#pragma once

#include <sched.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace agentbox::abi {

// glibc 2.36 has it only in <linux/sched.h>, which does not go with <sched.h>.
constexpr std::uint64_t kCloneNewTime = 0x80;

struct NamespaceKind {
  std::string_view name;  // in config.json: "network"
  std::string_view file;  // below /proc/PID/ns: "net"
  std::uint64_t flag;     // CLONE_NEWNET
};

constexpr std::array kNamespaceKinds = {
    NamespaceKind{"user", "user", CLONE_NEWUSER},
    NamespaceKind{"mount", "mnt", CLONE_NEWNS},
    NamespaceKind{"pid", "pid", CLONE_NEWPID},
    NamespaceKind{"network", "net", CLONE_NEWNET},
    NamespaceKind{"ipc", "ipc", CLONE_NEWIPC},
    NamespaceKind{"uts", "uts", CLONE_NEWUTS},
    NamespaceKind{"cgroup", "cgroup", CLONE_NEWCGROUP},
    NamespaceKind{"time", "time", kCloneNewTime},
};

// The kind of that name in config.json; null where there is none.
constexpr const NamespaceKind* FindNamespaceKind(std::string_view name) {
  for (const NamespaceKind& kind : kNamespaceKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace agentbox::abi
