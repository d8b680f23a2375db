// Whose command `do` runs: the user who typed it, also behind sudo(8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::container {

struct Invoker {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary
  std::string name;                   // empty: /etc/passwd has none
  std::string home;
  std::string shell;
  bool is_behind_sudo = false;  // agentbox itself runs as root, and the environment is root's
};

// Root with SUDO_UID is the user that sudo(8) had it from; anyone else is who they are.
// kUsage for a SUDO_UID that is no id.
Result<Invoker> FindInvoker();

// Home directories on this host: the invoker's, and those of all users that are people or root. The
// secrets in each are hidden.
std::vector<std::string> HomeDirectories(const Invoker& invoker);

}  // namespace agentbox::container
