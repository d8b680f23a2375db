#include "plan/sysctl.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "abi/namespaces.h"
#include "base/strings.h"

namespace agentbox::plan {
namespace {

struct Owner {
  std::string_view path;  // ending in '/': all below it
  std::uint64_t flag;
};

// The parameters that exist once in each namespace of a kind (namespaces(7) and its kin). What is
// not here is the host's.
constexpr std::array kOwners = {
    Owner{"net/", CLONE_NEWNET},
    Owner{"fs/mqueue/", CLONE_NEWIPC},
    Owner{"kernel/msgmax", CLONE_NEWIPC},
    Owner{"kernel/msgmnb", CLONE_NEWIPC},
    Owner{"kernel/msgmni", CLONE_NEWIPC},
    Owner{"kernel/sem", CLONE_NEWIPC},
    Owner{"kernel/shmall", CLONE_NEWIPC},
    Owner{"kernel/shmmax", CLONE_NEWIPC},
    Owner{"kernel/shmmni", CLONE_NEWIPC},
    Owner{"kernel/shm_rmid_forced", CLONE_NEWIPC},
    Owner{"kernel/domainname", CLONE_NEWUTS},
};

std::optional<std::uint64_t> OwnerOf(std::string_view path) {
  for (const Owner& owner : kOwners) {
    if (owner.path.ends_with('/') ? path.starts_with(owner.path) : path == owner.path) {
      return owner.flag;
    }
  }
  return std::nullopt;
}

// A name's first separator says which of '.' and '/' it is written with; the other one is then part
// of an interface's name ("net/ipv4/conf/eth0.100/...", sysctl(8)).
std::string PathOf(std::string_view name) {
  std::string path(name);
  const auto first = path.find_first_of("./");
  if (first == std::string::npos || path[first] == '/') return path;
  for (char& c : path) {
    if (c == '.') {
      c = '/';
    } else if (c == '/') {
      c = '.';
    }
  }
  return path;
}

// The path is used below /proc/sys, the value is one write(2): neither may smuggle in another
// (CVE-2022-0811).
bool IsSafePath(std::string_view path) {
  return std::ranges::all_of(Split(path, '/'), [](std::string_view part) {
    return !part.empty() && part != "." && part != "..";
  });
}

bool IsPlain(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= ' ' || c == '\t') && c != '+' && c != '\x7f'; });
}

tl::unexpected<Error> Invalid(const std::string& origin, const std::string& what) {
  return Fail(Error(ErrorKind::kInvalidSpec, origin + ": " + what));
}

std::string_view NameOf(std::uint64_t flag) {
  const auto* const kind = std::ranges::find(abi::kNamespaceKinds, flag, &abi::NamespaceKind::flag);
  return kind->name;
}

Result<SysctlStep> PlanOne(const std::string& name,
                           const std::string& value,
                           const NamespacesPlan& namespaces) {
  SysctlStep step = {.origin = "linux.sysctl." + name, .path = PathOf(name), .value = value};
  if (!IsPlain(name) || !IsSafePath(step.path)) {
    return Invalid("linux.sysctl", Quoted(name) + " is not the name of a kernel parameter");
  }
  if (!IsPlain(value)) return Invalid(step.origin, Quoted(value) + " has characters it must not");
  if (step.path == "kernel/hostname") return Invalid(step.origin, "is set by \"hostname\"");
  const auto owner = OwnerOf(step.path);
  if (!owner) return Invalid(step.origin, "is not of a namespace: it would change the host");
  if ((namespaces.shared & *owner) != 0) {
    return Invalid(step.origin,
                   "the container has the host's " + std::string(NameOf(*owner)) +
                       " namespace: it would change the host");
  }
  step.owner = *owner;
  return step;
}

}  // namespace

Result<std::vector<SysctlStep>> PlanSysctl(const spec::Config& config,
                                           const NamespacesPlan& namespaces) {
  std::vector<SysctlStep> steps;
  if (!config.linux_) return steps;
  for (const auto& [name, value] : config.linux_->sysctl) {
    steps.push_back(TRY(PlanOne(name, value, namespaces)));
  }
  return steps;
}

std::string ToString(const SysctlStep& step) {
  return "/proc/sys/" + step.path + " = " + step.value + "  [" + step.origin + "]";
}

}  // namespace agentbox::plan
