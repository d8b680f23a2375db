#include "apply/overlay.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "kernel/file.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

Result<UniqueFd> MountByFds(const OverlayLayers& layers, std::uint64_t attributes) {
  const kernel::NewFilesystem overlay = TRY(kernel::NewFilesystem::Open("overlay"));
  for (const UniqueFd& lower : layers.lower)
    TRY(overlay.SetFd("lowerdir+", lower.Get()));
  for (const UniqueFd& data : layers.data)
    TRY(overlay.SetFd("datadir+", data.Get()));
  if (layers.upper) {
    TRY(overlay.SetFd("upperdir", layers.upper.Get()));
    TRY(overlay.SetFd("workdir", layers.work.Get()));
  }
  for (const auto& [key, value] : layers.options) {
    if (value.empty()) {
      TRY(overlay.SetFlag(key));
    } else {
      TRY(overlay.SetString(key, value));
    }
  }
  return overlay.Mount(attributes);
}

// EOPNOTSUPP before Linux 6.5, where fsconfig(2) can hand nothing but strings to overlayfs; EBADF
// before 6.13, where it takes no fd that was opened with O_PATH.
bool TakesNoFds(const Error& error) {
  return error.Errno() == EINVAL || error.Errno() == EOPNOTSUPP || error.Errno() == EBADF;
}

std::string PathOf(const UniqueFd& file) {
  return "/proc/self/fd/" + std::to_string(file.Get());
}

// Attaches `mount` at a new directory in `spare`; its fd then is one of the attached mount.
Result<void> Attach(const UniqueFd& mount, const UniqueFd& spare, const std::string& name) {
  const UniqueFd target = TRY(kernel::MakeOwnDirectory(spare.Get(), name, S_IRWXU));
  return kernel::MoveMount(mount, target);
}

Result<void> AttachAll(const OverlayLayers& layers, const UniqueFd& spare) {
  std::size_t count = 0;
  for (const UniqueFd& lower : layers.lower) {
    TRY(Attach(lower, spare, "layer-" + std::to_string(count++)));
  }
  for (const UniqueFd& data : layers.data) {
    TRY(Attach(data, spare, "layer-" + std::to_string(count++)));
  }
  if (layers.upper_mount) TRY(Attach(layers.upper_mount, spare, "upper-mount"));
  return {};
}

std::string OptionString(const OverlayLayers& layers) {
  std::string text = "lowerdir=";
  for (const UniqueFd& lower : layers.lower) {
    if (!text.ends_with('=')) text += ':';
    text += PathOf(lower);
  }
  for (const UniqueFd& data : layers.data)
    text += "::" + PathOf(data);
  if (layers.upper) {
    text += ",upperdir=" + PathOf(layers.upper) + ",workdir=" + PathOf(layers.work);
  }
  for (const auto& [key, value] : layers.options) {
    text += "," + key;
    if (!value.empty()) text += "=" + value;
  }
  return text;
}

}  // namespace

Result<UniqueFd> MountOverlayByPaths(const OverlayLayers& layers,
                                     std::uint64_t attributes,
                                     const UniqueFd& spare) {
  TRY(AttachAll(layers, spare));
  const UniqueFd target = TRY(kernel::MakeOwnDirectory(spare.Get(), "merged", S_IRWXU));
  TRY(kernel::MountAt("overlay", target, 0, OptionString(layers)));
  UniqueFd mount = TRY(kernel::CloneTree(spare.Get(), "merged", /*recursive=*/false));
  TRY(kernel::SetAttributes(mount, {.set = attributes}, /*recursive=*/false));
  return mount;
}

Result<UniqueFd> MountOverlay(const OverlayLayers& layers,
                              std::uint64_t attributes,
                              const UniqueFd& spare) {
  auto mount = MountByFds(layers, attributes);
  if (mount || !TakesNoFds(mount.error())) return mount;
  auto by_paths = MountOverlayByPaths(layers, attributes, spare);
  // What a kernel that takes fds says is the cause, and tells more than mount(2) can.
  if (!by_paths && by_paths.error().Errno() == EINVAL) return mount;
  return by_paths;
}

}  // namespace agentbox::apply
