#include "container/invoker.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/strings.h"
#include "kernel/user.h"

namespace agentbox::container {
namespace {

constexpr uid_t kFirstPerson = 1000;  // UID_MIN of login.defs(5)
constexpr uid_t kNobody = 65534;

Result<std::optional<std::uint32_t>> IdFromEnvironment(const char* name) {
  const char* const text = ::getenv(name);
  if (text == nullptr) return std::optional<std::uint32_t>();
  const auto id = ParseNumber<std::uint32_t>(text);
  // The kernel's "no id".
  if (id && *id != ~std::uint32_t{0}) return id;
  return Fail(Error(ErrorKind::kUsage, std::string(name) + ": " + Quoted(text) + " is not an id"));
}

std::vector<std::uint32_t> GroupsOf(const Invoker& invoker) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(invoker.name.c_str(), invoker.gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
  }
  groups.resize(static_cast<std::size_t>(count));
  std::erase(groups, invoker.gid);
  return groups;
}

}  // namespace

Result<Invoker> FindInvoker() {
  Invoker invoker = {.uid = ::getuid(), .gid = ::getgid()};
  if (::geteuid() == 0) {
    const auto uid = TRY(IdFromEnvironment("SUDO_UID"));
    const auto gid = TRY(IdFromEnvironment("SUDO_GID"));
    invoker.is_behind_sudo = uid && gid && *uid != 0;
    if (invoker.is_behind_sudo) {
      invoker.uid = *uid;
      invoker.gid = *gid;
    }
  }
  const struct passwd* const entry = ::getpwuid(invoker.uid);
  if (entry != nullptr) {
    invoker.name = entry->pw_name;
    invoker.home = entry->pw_dir;
    invoker.shell = entry->pw_shell;
  }
  const char* const home = ::getenv("HOME");
  if (!invoker.is_behind_sudo && home != nullptr && *home == '/') invoker.home = home;
  if (invoker.home.empty()) invoker.home = "/";
  invoker.groups = invoker.is_behind_sudo ? GroupsOf(invoker) : kernel::OwnGroups();
  return invoker;
}

std::vector<std::string> HomeDirectories(const Invoker& invoker) {
  std::vector<std::string> homes = {invoker.home, "/root"};
  ::setpwent();
  while (const struct passwd* const entry = ::getpwent()) {
    const bool is_person = entry->pw_uid >= kFirstPerson && entry->pw_uid != kNobody;
    if (is_person || entry->pw_uid == 0) homes.emplace_back(entry->pw_dir);
  }
  ::endpwent();
  std::ranges::sort(homes);
  homes.erase(std::unique(homes.begin(), homes.end()), homes.end());
  // "/" as a home, as of a user that has none: what is below it has names of its own.
  std::erase_if(homes, [](const std::string& home) { return home.size() < 2 || home[0] != '/'; });
  return homes;
}

}  // namespace agentbox::container
