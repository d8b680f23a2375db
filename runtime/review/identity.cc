#include "review/identity.h"

#include <linux/magic.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/strings.h"
#include "kernel/entry.h"
#include "kernel/host.h"
#include "kernel/path.h"

namespace agentbox::review {
namespace {

// What outlives a mount on a type of file system. FUSE, overlays, FAT and others have handles, too,
// that a file loses when it leaves the kernel's cache.
struct Lasting {
  std::uint64_t magic = 0;
  bool id = false;  // else it is the number of the device, which changes
};
constexpr std::array<Lasting, 5> kLasting = {{{EXT4_SUPER_MAGIC, true},
                                              {BTRFS_SUPER_MAGIC, true},
                                              {TMPFS_MAGIC, true},
                                              {XFS_SUPER_MAGIC, false},
                                              {F2FS_SUPER_MAGIC, false}}};

bool Differ(const std::string& one, const std::string& other) {
  return !one.empty() && !other.empty() && one != other;
}

}  // namespace

Result<Identity> IdentityOf(int directory) {
  const std::uint64_t magic = TRY(kernel::FilesystemMagic(directory));
  Identity identity = {.filesystem = kernel::FilesystemName(magic)};
  const auto* const lasting = std::ranges::find(kLasting, magic, &Lasting::magic);
  if (lasting == kLasting.end()) return identity;
  if (lasting->id) identity.id = Hexadecimal(TRY(kernel::FilesystemId(directory)));
  // In a container a filter may refuse the call.
  identity.handle = Hexadecimal(kernel::HandleOf(directory).value_or(std::string()));
  return identity;
}

Result<void> CheckIsShown(int directory, const Identity& shown) {
  if (shown.filesystem.empty()) return {};
  const Identity found = TRY(IdentityOf(directory));
  const bool is_elsewhere = found.filesystem != shown.filesystem || Differ(found.id, shown.id);
  if (!is_elsewhere && !Differ(found.handle, shown.handle)) return {};
  const std::string what =
      is_elsewhere ? "what is there now is on another file system (" + found.filesystem +
                         ") than the directory that the sandbox was shown (" + shown.filesystem +
                         "), which may have to be mounted"
                   : "what is there now is another directory than the one that the sandbox was "
                     "shown, which was moved or removed";
  return Fail(Error(ErrorKind::kRefused, what));
}

}  // namespace agentbox::review
