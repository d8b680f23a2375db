#include "apply/throwaway.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "apply/idmapped.h"
#include "apply/layers.h"
#include "apply/lower.h"
#include "apply/overlay.h"
#include "apply/template_layers.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "kernel/user.h"
#include "plan/mounts.h"

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

constexpr const char* kUpper = "upper";
constexpr const char* kWork = "work";
// Where the overlay below the layer attaches what older kernels need attached.
constexpr const char* kBase = "base";

// Whether the source needs an overlay of its own below the layer. The upper layer of what becomes a
// template is to hold nothing but what the sandbox did; what a template has at the place of
// something omitted is to be seen; and no lower layer may lie within another (ELOOP), as templates
// do below "/".
bool HasBase(const ThrowawayRequest& request) {
  if (request.templates.empty() && !request.is_frozen) return false;
  const Omissions& omissions = request.omissions;
  if (!omissions.hidden.empty() || !omissions.emptied.empty()) return true;
  return std::ranges::any_of(request.templates, [&request](const plan::TemplateLayer& layer) {
    return plan::IsAtOrBelow(layer.directory, request.path);
  });
}

// The source below a layer of what is omitted: read-only, which spares the kernel its preparations
// for writes, and so in a tmpfs, for no lower layer may lie within another.
Result<UniqueFd> MountBase(const ThrowawayRequest& request,
                           const UniqueFd& directory,
                           const SandboxIds& ids) {
  UniqueFd omitted = TRY(kernel::MountFilesystem("tmpfs", {{"mode", "0700"}}));
  TRY(CopyOwnership(request.source, omitted, ids));
  TRY(Omit(request.omissions, request.source, omitted, ids));
  OverlayLayers layers;
  layers.lower.push_back(std::move(omitted));
  TRY(AddLowerLayer(request.source, request.path, ids, layers));
  const UniqueFd base = TRY(kernel::MakeOwnDirectory(directory.Get(), kBase, S_IRWXU));
  return TRY_WITHIN(MountOverlay(layers, 0, base), "what is omitted");
}

// The overlay of the layer in `directory`, which MakeLayer made, with further `options`.
Result<UniqueFd> MountOver(const ThrowawayRequest& request,
                           const UniqueFd& directory,
                           const Options& options,
                           const SandboxIds& ids) {
  OverlayLayers layers;
  TRY(AddTemplateLayers(request.templates, ids, layers));
  if (HasBase(request)) {
    layers.lower.push_back(TRY(MountBase(request, directory, ids)));
  } else {
    TRY(AddLowerLayer(request.source, request.path, ids, layers));
  }
  AddOptions(layers.options, ids);
  // Else a parameter of the module says whether files are copied without their contents, and a
  // review would find them in what the tree has by then. Not where an engine's layers may have such
  // copies: without the option they could not be read (EPERM), and the mount table names it only
  // where it is not the parameter's.
  if (!TRY(IsOverlayToFlatten(request.source, ids))) {
    layers.options.emplace_back("metacopy", "off");
  }
  TRY(CheckTemplateMarks(request.templates, HasUserXattr(layers.options)));
  layers.options.insert(layers.options.end(), options.begin(), options.end());
  layers.upper = TRY(kernel::OpenBeneath(directory.Get(), kUpper, O_PATH | O_DIRECTORY));
  layers.work = TRY(kernel::OpenBeneath(directory.Get(), kWork, O_PATH | O_DIRECTORY));
  if (!request.templates.empty()) TRY(CopyOwnershipAsIs(layers.lower.front(), layers.upper));
  UniqueFd mount = TRY(MountOverlay(layers, request.attributes, directory));
  return request.file.empty() ? std::move(mount) : OnlyFile(mount, request.file, directory);
}

// For messages: whoever names a file knows nothing of a layer over its directory.
std::string PlaceOf(const ThrowawayRequest& request) {
  if (request.file.empty()) return "layer over " + request.path;
  return "layer over the directory of " +
         Quoted(plan::CleanPath(request.path + "/" + request.file)) +
         " (\"direct\" and \"readonly\" need none)";
}

}  // namespace

Result<Omitted> MakeLayer(const UniqueFd& source,
                          const UniqueFd& directory,
                          const Omissions& omissions,
                          const SandboxIds& ids) {
  const UniqueFd upper = TRY(kernel::MakeOwnDirectory(directory.Get(), kUpper, S_IRWXU));
  TRY(kernel::MakeOwnDirectory(directory.Get(), kWork, S_IRWXU));
  // The root of the upper layer is that of the overlay.
  TRY(CopyOwnership(source, upper, ids));
  return Omit(omissions, source, upper, ids);
}

Result<UniqueFd> UnderLayer(const ThrowawayRequest& request, const SandboxIds& ids) {
  return TRY_WITHIN(MountOver(request, request.scratch, {}, ids), PlaceOf(request));
}

Result<UniqueFd> Throwaway(const ThrowawayRequest& request, const SandboxIds& ids) {
  const UniqueFd directory =
      TRY(kernel::MakeOwnDirectory(request.scratch.Get(), request.name, S_IRWXU));
  const bool has_base = HasBase(request);
  const std::vector<std::string> none;
  TRY(MakeLayer(
      request.source, directory, has_base ? Omissions{none, none, {}} : request.omissions, ids));
  // What is thrown away need not survive a crash.
  return TRY_WITHIN(MountOver(request, directory, {{"volatile", ""}}, ids),
                    "throwaway " + PlaceOf(request));
}

Result<UniqueFd> OverlayOf(const EngineOverlay& overlay,
                           const OverlayPlace& place,
                           const SandboxIds& ids) {
  OverlayLayers layers;
  layers.options = overlay.options;
  TRY(AddLowerLayers(overlay, ids, layers));
  AddOptions(layers.options, ids);
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
  // The engine has looked around in its own mount of the layers, and the two know nothing of each
  // other: what it remembers hides what is going to be written. Without privilege it is left so.
  const auto dropped = kernel::DropCachedNames(request.source);
  if (!dropped && dropped.error().Errno() != EPERM) return Fail(Error(dropped.error()));
  const OverlayPlace place = {
      .scratch = request.scratch, .name = request.name, .attributes = request.attributes};
  return OverlayOf(overlay, place, ids);
}

}  // namespace agentbox::apply
