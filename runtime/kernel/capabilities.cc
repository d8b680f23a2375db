#include "kernel/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>

#include <array>
#include <string>

// In libc, but declared in libcap's <sys/capability.h> alone.
extern "C" {
int capget(cap_user_header_t header, cap_user_data_t data);
int capset(cap_user_header_t header, cap_user_data_t data);
}

namespace agentbox::kernel {
namespace {

// A set is two words of 32 bits in version 3 of the interface (capget(2)).
using Words = std::array<struct __user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

struct __user_cap_header_struct Header() {
  return {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

std::uint64_t Joined(std::uint32_t low, std::uint32_t high) {
  return std::uint64_t{high} << 32U | low;
}

std::uint32_t Low(std::uint64_t set) {
  return static_cast<std::uint32_t>(set);
}
std::uint32_t High(std::uint64_t set) {
  return static_cast<std::uint32_t>(set >> 32U);
}

}  // namespace

Result<ThreadCapabilities> ReadCapabilities() {
  struct __user_cap_header_struct header = Header();
  Words words = {};
  if (::capget(&header, words.data()) < 0) return Fail(Error::FromErrno().Within("capget(2)"));
  return ThreadCapabilities{.effective = Joined(words[0].effective, words[1].effective),
                            .permitted = Joined(words[0].permitted, words[1].permitted),
                            .inheritable = Joined(words[0].inheritable, words[1].inheritable)};
}

Result<void> SetCapabilities(const ThreadCapabilities& capabilities) {
  const auto& [effective, permitted, inheritable] = capabilities;
  struct __user_cap_header_struct header = Header();
  Words words = {};
  words[0] = {Low(effective), Low(permitted), Low(inheritable)};
  words[1] = {High(effective), High(permitted), High(inheritable)};
  if (::capset(&header, words.data()) < 0) return Fail(Error::FromErrno().Within("capset(2)"));
  return {};
}

Result<void> DropBoundingCapability(unsigned capability) {
  if (::prctl(PR_CAPBSET_DROP, static_cast<unsigned long>(capability), 0UL, 0UL, 0UL) < 0) {
    return Fail(Error::FromErrno().Within("prctl(2) PR_CAPBSET_DROP"));
  }
  return {};
}

Result<void> ClearAmbientCapabilities() {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) < 0) {
    return Fail(Error::FromErrno().Within("prctl(2) PR_CAP_AMBIENT_CLEAR_ALL"));
  }
  return {};
}

Result<void> RaiseAmbientCapability(unsigned capability) {
  const auto number = static_cast<unsigned long>(capability);
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0UL, 0UL) < 0) {
    return Fail(Error::FromErrno().Within("prctl(2) PR_CAP_AMBIENT_RAISE"));
  }
  return {};
}

}  // namespace agentbox::kernel
