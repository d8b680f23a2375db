#include "apply/layers.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "apply/idmapped.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/mount_table.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

Error NotItsRoot(const std::string& path) {
  return Error(
      ErrorKind::kUnsupported,
      Quoted(path) +
          " lies within an overlay, which this kernel can not show with the "
          "container's ids: give the root of an overlay, or a directory on ext4, xfs or btrfs");
}

std::string Above(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// Docker mounts with names that are relative to its storage directory, two above the mount point,
// when the absolute ones would not fit mount(2).
std::string Absolute(const std::string& name, const std::string& mount_point) {
  return name.starts_with('/') ? name : Above(Above(mount_point)) + "/" + name;
}

void MakeAbsolute(EngineOverlay& overlay, const std::string& mount_point) {
  for (std::string& layer : overlay.lower)
    layer = Absolute(layer, mount_point);
  for (std::string& layer : overlay.data)
    layer = Absolute(layer, mount_point);
  if (!overlay.upper.empty()) overlay.upper = Absolute(overlay.upper, mount_point);
  if (!overlay.work.empty()) overlay.work = Absolute(overlay.work, mount_point);
}

// Where the engine mounted the overlay that `entry` shows: of all mounts of it (buildah binds it
// into a bundle) the one that the names are relative to.
Result<std::string> MountPointOf(const std::vector<kernel::MountEntry>& table,
                                 const kernel::MountEntry& entry,
                                 const EngineOverlay& overlay) {
  for (const kernel::MountEntry& one : table) {
    if (one.type != entry.type || one.options != entry.options || overlay.lower.empty()) continue;
    const std::string layer = Absolute(overlay.lower.front(), one.target);
    if (TRY(kernel::Exists(AT_FDCWD, layer))) return one.target;
  }
  return entry.target;
}

Result<std::vector<std::string>> Names(const std::string& path) {
  const UniqueFd directory = TRY(kernel::Open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  return kernel::ListDirectory(directory.Get());
}

// That each name in the overlay's root comes from one of the layers. An engine that mounts its
// layers elsewhere for a moment (containers/storage with idmapped layers) leaves paths of empty
// directories in the mount table.
Result<void> CheckLayers(const UniqueFd& directory,
                         const std::string& path,
                         const EngineOverlay& overlay) {
  std::vector<std::string> found;
  std::vector<std::string> layers = overlay.lower;
  if (!overlay.upper.empty()) layers.push_back(overlay.upper);
  for (const std::string& layer : layers) {
    const std::vector<std::string> names = TRY(Names(layer));
    found.insert(found.end(), names.begin(), names.end());
  }
  std::ranges::sort(found);
  for (const std::string& name : TRY(kernel::ListDirectory(directory.Get()))) {
    if (std::ranges::binary_search(found, name)) continue;
    return Fail(Error(ErrorKind::kUnsupported,
                      Quoted(path) + " has " + Quoted(name) +
                          ", which none of the layers has that "
                          "the mount table names for its overlay: they can not be shown with the "
                          "container's ids; let the engine map the ids (linux.uidMappings)"));
  }
  return {};
}

}  // namespace

Result<bool> IsOverlayToFlatten(const UniqueFd& directory, const SandboxIds& ids) {
  // Where no ids are to be mapped the overlay itself is the layer.
  if (!ids.idmap_files) return false;
  return TRY(kernel::FilesystemMagic(directory.Get())) == OVERLAYFS_SUPER_MAGIC;
}

Result<EngineOverlay> FindEngineOverlay(const UniqueFd& directory, const std::string& path) {
  const std::uint64_t id = TRY(kernel::MountId(directory.Get()));
  const std::vector<kernel::MountEntry> table = TRY(kernel::ReadMountTable());
  const kernel::MountEntry* const entry = kernel::FindMount(table, id);
  if (entry == nullptr) {
    return Fail(Error(ErrorKind::kUnsupported, Quoted(path) + " is not in the mount table"));
  }
  const UniqueFd root = TRY(kernel::Open(AT_FDCWD, entry->target, O_PATH | O_DIRECTORY));
  const struct stat at_root = TRY(kernel::Stat(root.Get()));
  const struct stat here = TRY(kernel::Stat(directory.Get()));
  if (entry->root != "/" || at_root.st_ino != here.st_ino || at_root.st_dev != here.st_dev) {
    return Fail(NotItsRoot(path));
  }
  EngineOverlay overlay = ReadEngineOverlay(entry->options);
  const std::string mount_point = TRY(MountPointOf(table, *entry, overlay));
  MakeAbsolute(overlay, mount_point);
  TRY(CheckLayers(directory, path, overlay));
  return overlay;
}

Result<void> AddLowerLayer(const UniqueFd& directory,
                           const std::string& path,
                           const SandboxIds& ids,
                           OverlayLayers& layers) {
  if (!TRY(IsOverlayToFlatten(directory, ids))) {
    layers.lower.push_back(TRY(CloneWithIds(directory, path, ids)));
    return {};
  }
  EngineOverlay overlay = TRY(FindEngineOverlay(directory, path));
  if (!overlay.upper.empty()) overlay.lower.insert(overlay.lower.begin(), overlay.upper);
  TRY(AddLowerLayers(overlay, ids, layers));
  for (auto& option : overlay.options) {
    if (std::ranges::find(layers.options, option) == layers.options.end()) {
      layers.options.push_back(std::move(option));
    }
  }
  return {};
}

Result<void> AddLowerLayers(const EngineOverlay& overlay,
                            const SandboxIds& ids,
                            OverlayLayers& layers) {
  for (const std::string& path : overlay.lower) {
    const UniqueFd directory = TRY(kernel::Open(AT_FDCWD, path, O_PATH | O_DIRECTORY));
    TRY(AddLowerLayer(directory, path, ids, layers));
  }
  for (const std::string& path : overlay.data) {
    const UniqueFd directory = TRY(kernel::Open(AT_FDCWD, path, O_PATH | O_DIRECTORY));
    layers.data.push_back(TRY(CloneWithIds(directory, path, ids)));
  }
  return {};
}

}  // namespace agentbox::apply
