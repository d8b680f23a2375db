#include "apply/throwaway.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "apply/idmapped.h"
#include "apply/layers.h"
#include "apply/overlay.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "kernel/user.h"

namespace agentbox::apply {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

bool HasUserXattr(const Options& options) {
  return std::ranges::any_of(options, [](const auto& one) { return one.first == "userxattr"; });
}

// What every overlay of ours is mounted with, besides what its layers need.
void AddOptions(Options& options, const SandboxIds& ids) {
  std::erase_if(options, [](const auto& one) { return one.first == "redirect_dir"; });
  if (!ids.in_initial_user_namespace && !HasUserXattr(options)) {
    options.emplace_back("userxattr", "");
  }
  // Directories can be renamed; the kernel refuses it together with userxattr.
  if (!HasUserXattr(options)) options.emplace_back("redirect_dir", "on");
  // With an index the engine's upper directory would be in use (EBUSY).
  options.emplace_back("index", "off");
}

// The longest directory that both paths are below.
std::string CommonDirectory(const std::string& one, const std::string& other) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < one.size() && i < other.size() && one[i] == other[i]; ++i) {
    if (one[i] == '/') end = i;
  }
  return one.substr(0, end);
}

// The upper directory of `overlay`, and a work directory of ours, on one idmapped mount, as the
// kernel wants them. The engine's own mount may be writing to its work directory.
Result<void> AddEngineUpper(const EngineOverlay& overlay,
                            const SandboxIds& ids,
                            OverlayLayers& layers) {
  const std::string common = CommonDirectory(overlay.upper, overlay.work);
  if (common.empty()) {
    return Fail(Error(ErrorKind::kUnsupported,
                      "upperdir " + overlay.upper + " and workdir " + overlay.work +
                          " have no directory of their own in common"));
  }
  const std::string upper = overlay.upper.substr(common.size() + 1);
  const std::string work = overlay.work.substr(common.size() + 1);
  const UniqueFd parent = TRY(kernel::Open(AT_FDCWD, common, O_PATH | O_DIRECTORY));
  const UniqueFd host_work = TRY(kernel::OpenBeneath(parent.Get(), work, O_PATH | O_DIRECTORY));
  TRY(kernel::MakeOwnDirectory(host_work.Get(), "agentbox", S_IRWXU));

  layers.upper_mount = TRY(CloneWithIds(parent, common, ids));
  const int mount = layers.upper_mount.Get();
  layers.upper = TRY(kernel::OpenBeneath(mount, upper, O_PATH | O_DIRECTORY));
  layers.work = TRY(kernel::OpenBeneath(mount, work + "/agentbox", O_PATH | O_DIRECTORY));
  return {};
}

}  // namespace

Result<UniqueFd> Throwaway(const ThrowawayRequest& request, const SandboxIds& ids) {
  OverlayLayers layers = TRY(LowerLayers(request.source, request.path, ids));
  AddOptions(layers.options, ids);
  // What is thrown away need not survive a crash.
  layers.options.emplace_back("volatile", "");

  const UniqueFd directory =
      TRY(kernel::MakeOwnDirectory(request.scratch.Get(), request.name, S_IRWXU));
  layers.upper = TRY(kernel::MakeOwnDirectory(directory.Get(), "upper", S_IRWXU));
  layers.work = TRY(kernel::MakeOwnDirectory(directory.Get(), "work", S_IRWXU));
  // The root of the upper layer is that of the overlay.
  TRY(CopyOwnership(request.source, layers.upper, ids));
  TRY(Omit(request.omissions, request.source, layers.upper, ids));
  return TRY_WITHIN(MountOverlay(layers, request.attributes, directory),
                    "throwaway layer over " + request.path);
}

Result<UniqueFd> OverlayOf(const EngineOverlay& overlay,
                           const OverlayPlace& place,
                           const SandboxIds& ids) {
  OverlayLayers layers;
  layers.options = overlay.options;
  AddOptions(layers.options, ids);
  TRY(AddLowerLayers(overlay.lower, ids, layers.lower));
  TRY(AddLowerLayers(overlay.data, ids, layers.data));
  if (!overlay.upper.empty()) TRY(AddEngineUpper(overlay, ids, layers));
  const UniqueFd spare = TRY(kernel::MakeOwnDirectory(place.scratch.Get(), place.name, S_IRWXU));
  if (!ids.idmap_files) return MountOverlay(layers, place.attributes, spare);
  // The upper directory is idmapped: host root has no id there, and could make nothing.
  const kernel::FileIds as_root = TRY(kernel::FileIds::Become(ids.RootUid(), ids.RootGid()));
  return MountOverlay(layers, place.attributes, spare);
}

Result<UniqueFd> WriteThrough(const ThrowawayRequest& request, const SandboxIds& ids) {
  if (!TRY(IsOverlayToFlatten(request.source, ids))) {
    UniqueFd mount = TRY(CloneWithIds(request.source, request.path, ids));
    TRY(kernel::SetAttributes(mount, {.set = request.attributes}, /*recursive=*/false));
    TRY(kernel::SetPropagation(mount, MS_PRIVATE));
    return mount;
  }
  const EngineOverlay overlay = TRY(FindEngineOverlay(request.source, request.path));
  if (overlay.upper.empty()) {
    return Fail(Error(ErrorKind::kUnsupported,
                      Quoted(request.path) +
                          " is an overlay without an upper directory, to which "
                          "nothing can be written: rootfs \"throwaway\" can show it"));
  }
  const OverlayPlace place = {
      .scratch = request.scratch, .name = request.name, .attributes = request.attributes};
  return OverlayOf(overlay, place, ids);
}

}  // namespace agentbox::apply
