#include "apply/whiteouts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "apply/attributes.h"
#include "base/strings.h"
#include "kernel/file.h"
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

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

// Whom in an upper layer a file has to belong to that is to look like one of the host's. -1, which
// chown(2) takes for "as it is", for an owner that this user namespace has no id for.
Owner OwnerInside(const struct stat& status, const SandboxIds& ids) {
  if (!ids.idmap_files) {
    const auto id = [&ids](std::uint32_t host) {
      const bool has_none = !ids.in_initial_user_namespace && host == abi::kOverflowId;
      return has_none ? static_cast<std::uint32_t>(-1) : host;
    };
    return {id(status.st_uid), id(status.st_gid)};
  }
  return {abi::HostId(ids.maps.uids, status.st_uid), abi::HostId(ids.maps.gids, status.st_gid)};
}

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

  // What was made so far.
  Omitted TakeOmitted() && { return std::move(omitted_); }

  Result<void> Hide(const std::string& path) {
    const auto place = TRY(Locate(below_, path));
    return place ? MakeWhiteout(*place) : Result<void>();
  }

  // A file of that name; a whiteout where the host has something else there.
  Result<void> StandIn(const plan::StandIn& stand_in) {
    const auto place = TRY(Locate(below_, stand_in.path));
    if (!place) return {};
    const std::string real = place->directory + "/" + place->name;
    const UniqueFd model = TRY(kernel::OpenInRoot(below_, real, O_PATH | O_NOFOLLOW));
    const struct stat status = TRY(kernel::Stat(model.Get()));
    if (!S_ISREG(status.st_mode)) return Hide(stand_in.path);
    const UniqueFd directory = TRY(MakeDirectories(place->directory));
    const UniqueFd file = TRY(kernel::Open(
        directory.Get(), place->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR));
    TRY(kernel::WriteAll(file.Get(), stand_in.contents));
    const Owner owner = OwnerInside(status, ids_);
    return kernel::SetOwnership(
        directory.Get(), place->name, owner.uid, owner.gid, status.st_mode & 07777U);
  }

  Result<void> Empty(const std::string& path) {
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
    TRY(kernel::SetXattr(made.Get(), name, "y"));
    omitted_.opaque.push_back(PathOf(*place));
    return {};
  }

 private:
  static std::string PathOf(const Place& place) {
    return place.directory.empty() ? place.name : place.directory + "/" + place.name;
  }

  Result<void> MakeWhiteout(const Place& place) {
    if (place.name.empty()) return {};  // the root itself
    const UniqueFd directory = TRY(MakeDirectories(place.directory));
    auto made = kernel::MakeNode(directory.Get(), place.name, S_IFCHR, 0);
    if (!made && made.error().Errno() != EEXIST) return made;
    if (made) omitted_.whiteouts.push_back(PathOf(place));
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
  Omitted omitted_;
};

}  // namespace

Result<void> CopyOwnership(const UniqueFd& model,
                           const UniqueFd& directory,
                           const SandboxIds& ids) {
  const struct stat status = TRY(kernel::Stat(model.Get()));
  const Owner owner = OwnerInside(status, ids);
  TRY(CopyAttributes(model, directory, ids));
  // Last: a list sets the mode, too.
  return kernel::SetOwnership(directory.Get(), owner.uid, owner.gid, status.st_mode & 07777U);
}

Result<Omitted> Omit(const Omissions& omissions,
                     const UniqueFd& below,
                     const UniqueFd& upper,
                     const SandboxIds& ids) {
  if (omissions.hidden.empty() && omissions.emptied.empty()) return Omitted();
  // Without what is mounted on it, which no layer shows; and a tree by itself, so that the kernel
  // tells paths from its root on.
  const UniqueFd tree = TRY(kernel::CloneTree(below.Get(), "", /*recursive=*/false));
  Upper layer(tree, upper, ids);
  for (const std::string& path : omissions.emptied) {
    TRY_WITHIN(layer.Empty(path), "emptying " + Quoted(path));
  }
  for (const std::string& path : omissions.hidden) {
    const auto stand_in = std::ranges::find(omissions.stand_ins, path, &plan::StandIn::path);
    const bool has_one = stand_in != omissions.stand_ins.end();
    TRY_WITHIN(has_one ? layer.StandIn(*stand_in) : layer.Hide(path), "hiding " + Quoted(path));
  }
  return std::move(layer).TakeOmitted();
}

}  // namespace agentbox::apply
