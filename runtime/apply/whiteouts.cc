#include "apply/whiteouts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <string_view>

#include "base/strings.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

// A place in a tree, none of whose parts is a symlink; relative to the tree's root, "" is the root.
struct Place {
  std::string directory;
  std::string name;
};

bool IsAbsent(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENOTDIR || error.Errno() == ELOOP;
}

// Where `file`, opened in the detached mount of a tree, is: the kernel's own answer, since it has
// walked the symlinks.
Result<std::string> PathInTree(const UniqueFd& file) {
  const std::string path = TRY(kernel::PathOf(file.Get()));
  return path.substr(path.starts_with('/') ? 1 : 0);
}

// Where the last part of `path` itself is, when all before it is resolved; nothing if it is not
// there.
Result<std::optional<Place>> Locate(const UniqueFd& tree, const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "." : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto directory = kernel::OpenInRoot(tree, above, O_PATH | O_DIRECTORY);
  if (!directory && IsAbsent(directory.error())) return std::nullopt;
  if (!directory) return Fail(directory.error());
  const auto file = kernel::OpenBeneath(directory->Get(), name, O_PATH | O_NOFOLLOW);
  if (!file && IsAbsent(file.error())) return std::nullopt;
  if (!file) return Fail(file.error());
  const std::string real = TRY(PathInTree(*directory));
  return Place{.directory = real, .name = name};
}

// Where `path` leads to when its last part, too, is resolved.
Result<std::optional<Place>> LocateTarget(const UniqueFd& tree, const std::string& path) {
  const auto file = kernel::OpenInRoot(tree, path, O_PATH);
  if (!file && IsAbsent(file.error())) return std::nullopt;
  if (!file) return Fail(file.error());
  const std::string real = TRY(PathInTree(*file));
  const auto slash = real.rfind('/');
  if (slash == std::string::npos) return Place{.directory = "", .name = real};
  return Place{.directory = real.substr(0, slash), .name = real.substr(slash + 1)};
}

class Upper {
 public:
  Upper(const UniqueFd& below, const UniqueFd& upper, const SandboxIds& ids)
      : below_(below), upper_(upper), ids_(ids) {}

  Result<void> Hide(const std::string& path) const {
    const auto own = TRY(Locate(below_, path));
    const auto target = TRY(LocateTarget(below_, path));
    if (own) TRY(MakeWhiteout(*own));
    if (target) TRY(MakeWhiteout(*target));
    return {};
  }

  Result<void> Empty(const std::string& path) const {
    const auto place = TRY(LocateTarget(below_, path));
    if (!place || place->name.empty()) return {};
    const std::string real = place->directory + "/" + place->name;
    const auto model = kernel::OpenInRoot(below_, real, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (!model && IsAbsent(model.error())) return {};
    if (!model) return Fail(model.error());
    TRY(MakeDirectories(real));
    const UniqueFd made = TRY(kernel::OpenInRoot(upper_, real, O_RDONLY | O_DIRECTORY));
    const char* const name =
        ids_.in_initial_user_namespace ? "trusted.overlay.opaque" : "user.overlay.opaque";
    return kernel::SetXattr(made.Get(), name, "y");
  }

 private:
  Result<void> MakeWhiteout(const Place& place) const {
    if (place.name.empty()) return {};  // the root itself
    const UniqueFd directory = TRY(MakeDirectories(place.directory));
    auto made = kernel::MakeNode(directory.Get(), place.name, S_IFCHR, 0);
    if (!made && made.error().Errno() != EEXIST) return made;
    return {};
  }

  Result<UniqueFd> MakeDirectories(const std::string& path) const {
    UniqueFd directory = TRY(kernel::OpenInRoot(upper_, "/", O_PATH | O_DIRECTORY));
    std::string prefix;
    for (const std::string_view part : Split(path, '/')) {
      if (part.empty()) continue;
      prefix += "/" + std::string(part);
      const UniqueFd model = TRY(kernel::OpenInRoot(below_, prefix, O_PATH | O_NOFOLLOW));
      UniqueFd inner = TRY(kernel::MakeOwnDirectory(directory.Get(), std::string(part), S_IRWXU));
      TRY(CopyOwnership(model, inner, ids_));
      directory = std::move(inner);
    }
    return directory;
  }

  const UniqueFd& below_;
  const UniqueFd& upper_;
  const SandboxIds& ids_;
};

}  // namespace

Result<void> CopyOwnership(const UniqueFd& model,
                           const UniqueFd& directory,
                           const SandboxIds& ids) {
  const struct stat status = TRY(kernel::Stat(model.Get()));
  const bool is_mapped = !ids.idmap_files;
  const uid_t uid = is_mapped ? status.st_uid : abi::HostId(ids.maps.uids, status.st_uid);
  const gid_t gid = is_mapped ? status.st_gid : abi::HostId(ids.maps.gids, status.st_gid);
  return kernel::SetOwnership(directory.Get(), uid, gid, status.st_mode & 07777U);
}

Result<void> Omit(const Omissions& omissions,
                  const UniqueFd& below,
                  const UniqueFd& upper,
                  const SandboxIds& ids) {
  if (omissions.hidden.empty() && omissions.emptied.empty()) return {};
  // Without what is mounted on it, which no layer shows; and a tree by itself, so that the kernel
  // tells paths from its root on.
  const UniqueFd tree = TRY(kernel::CloneTree(below.Get(), "", /*recursive=*/false));
  const Upper layer(tree, upper, ids);
  for (const std::string& path : omissions.emptied) {
    TRY_WITHIN(layer.Empty(path), "emptying " + Quoted(path));
  }
  for (const std::string& path : omissions.hidden) {
    TRY_WITHIN(layer.Hide(path), "hiding " + Quoted(path));
  }
  return {};
}

}  // namespace agentbox::apply
