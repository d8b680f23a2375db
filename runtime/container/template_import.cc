#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "container/clock.h"
#include "container/host_facts.h"
#include "container/id_ranges.h"
#include "container/os_release.h"
#include "container/template_archive.h"
#include "container/template_freeze.h"
#include "container/template_store.h"
#include "kernel/archive.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "kernel/tree.h"
#include "plan/ids.h"

namespace agentbox::container {
namespace {

Error Refused(const std::string& why) {
  return Error(ErrorKind::kInvalidSpec, why);
}

// A path of the archive: the directory and the name in it; both empty for the root itself.
struct Place {
  std::string directory;
  std::string name;
};

Result<Place> PlaceOf(const std::string& path) {
  if (path.starts_with('/')) return Fail(Refused("is not relative"));
  std::vector<std::string> parts;
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return Fail(Refused("has \"..\" in it"));
    if (!parts.empty() && parts.back().starts_with(kWhiteoutPrefix)) {
      return Fail(Refused("lies below a name that begins with .wh."));
    }
    parts.emplace_back(part);
  }
  if (parts.empty()) return Place();
  std::string name = std::move(parts.back());
  parts.pop_back();
  return Place{.directory = Join(parts, "/"), .name = std::move(name)};
}

class Importer {
 public:
  Importer(UniqueFd layer, std::uint32_t first_id) : layer_(std::move(layer)), first_(first_id) {}

  Result<void> Take(const kernel::ArchiveEntry& entry, kernel::ArchiveReader& in) {
    const Place place = TRY(PlaceOf(entry.path));
    if (place.name.empty()) return TakeDirectory(entry, AT_FDCWD, "", ".");
    const int directory = TRY(Directory(place.directory));
    const std::string& name = place.name;
    if (name.starts_with(kWhiteoutPrefix)) return TakeMark(directory, name);
    if (!entry.hard_link.empty()) return TakeLink(entry, directory, name);
    switch (entry.mode & S_IFMT) {
      case S_IFDIR:
        return TakeDirectory(entry, directory, name, place.directory + "/" + name);
      case S_IFREG:
        return TakeFile(entry, directory, name, in);
      case S_IFLNK:
        TRY(kernel::MakeSymlink(entry.target, directory, name));
        return Finish(entry, directory, name);
      case S_IFIFO:
        TRY(kernel::MakeNode(directory, name, S_IFIFO | S_IRUSR, 0));
        return Finish(entry, directory, name);
      default:
        return Fail(Refused("is a device, or nothing that a layer can have"));
    }
  }

  // Directories last: making what is in one changes its time.
  Result<void> FinishDirectories() {
    open_.Reset();
    for (const auto& [path, entry] : directories_) {
      const UniqueFd directory =
          TRY(kernel::OpenBeneath(layer_.Get(), path, O_RDONLY | O_DIRECTORY));
      TRY_WITHIN(Finish(entry, directory.Get(), "."), Quoted(entry.path));
      TRY_WITHIN(AddXattrs(entry, directory.Get()), Quoted(entry.path));
    }
    return {};
  }

  const UniqueFd& Layer() const { return layer_; }

 private:
  // The directory `path`, which is made, root's, where the archive has no entry for it.
  Result<int> Directory(const std::string& path) {
    if (path.empty()) return layer_.Get();
    if (open_ && path == open_path_) return open_.Get();
    UniqueFd directory = TRY(kernel::OpenBeneath(layer_.Get(), ".", O_PATH | O_DIRECTORY));
    for (const std::string_view part : Split(path, '/')) {
      const std::string name(part);
      const auto made = kernel::MakeDirectory(directory.Get(), name, 0755);
      if (made) TRY(kernel::SetOwnership(directory.Get(), name, first_, first_, 0755));
      if (!made && made.error().Errno() != EEXIST) return Fail(made.error());
      auto inner = kernel::OpenBeneath(directory.Get(), name, O_PATH | O_DIRECTORY);
      if (!inner) return Fail(Refused("leads through " + Quoted(name) + ", which is no directory"));
      directory = *std::move(inner);
    }
    open_path_ = path;
    open_ = TRY(kernel::OpenBeneath(directory.Get(), ".", O_RDONLY | O_DIRECTORY));
    return open_.Get();
  }

  Result<void> TakeMark(int directory, const std::string& name) const {
    if (name == kOpaqueMark) return kernel::SetXattr(directory, "trusted.overlay.opaque", "y");
    const std::string hidden = name.substr(kWhiteoutPrefix.size());
    if (hidden.empty() || hidden == "." || hidden == ".." || hidden.starts_with(kWhiteoutPrefix)) {
      return Fail(Refused("is no whiteout that is known"));
    }
    return kernel::MakeNode(directory, hidden, S_IFCHR, 0);
  }

  Result<void> TakeLink(const kernel::ArchiveEntry& entry, int directory, const std::string& name) {
    const Place target = TRY_WITHIN(PlaceOf(entry.hard_link), "link to " + Quoted(entry.hard_link));
    if (target.name.empty()) return Fail(Refused("is a link to the root"));
    const std::string above = target.directory.empty() ? "." : target.directory;
    const UniqueFd parent = TRY(kernel::OpenBeneath(layer_.Get(), above, O_PATH | O_DIRECTORY));
    return kernel::MakeHardLink(parent.Get(), target.name, directory, name);
  }

  Result<void> TakeDirectory(const kernel::ArchiveEntry& entry,
                             int directory,
                             const std::string& name,
                             const std::string& path) {
    if (!S_ISDIR(entry.mode)) return Fail(Refused("is the root, and no directory"));
    if (!name.empty()) {
      const auto made = kernel::MakeDirectory(directory, name, S_IRWXU);
      if (!made && made.error().Errno() != EEXIST) return made;
      // Another entry of that name may be a symlink.
      TRY(kernel::OpenBeneath(directory, name, O_PATH | O_DIRECTORY));
    }
    directories_.emplace_back(path.substr(path.starts_with('/') ? 1 : 0), entry);
    return {};
  }

  Result<void> TakeFile(const kernel::ArchiveEntry& entry,
                        int directory,
                        const std::string& name,
                        kernel::ArchiveReader& in) {
    const UniqueFd file = TRY(
        kernel::Open(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    std::uint64_t size = 0;
    for (;;) {
      const std::string chunk = TRY(in.Read());
      if (chunk.empty()) break;
      TRY(kernel::WriteWithHoles(file.Get(), chunk));
      size += chunk.size();
    }
    TRY(kernel::SetLength(file.Get(), size));
    TRY(Finish(entry, directory, name));
    // After the owner, a change of which takes capabilities away.
    return AddXattrs(entry, file.Get());
  }

  Result<std::uint32_t> HostIdOf(std::int64_t id) const {
    if (id >= 0 && id < plan::kIdRangeSize) return first_ + static_cast<std::uint32_t>(id);
    return Fail(Refused("belongs to id " + std::to_string(id) + ", beyond 65535"));
  }

  Result<void> Finish(const kernel::ArchiveEntry& entry,
                      int directory,
                      const std::string& name) const {
    const std::uint32_t uid = TRY(HostIdOf(entry.uid));
    const std::uint32_t gid = TRY(HostIdOf(entry.gid));
    TRY(kernel::SetOwnership(directory, name, uid, gid, entry.mode & 07777U));
    return kernel::SetModifiedTime(directory, name, entry.mtime);
  }

  // Overlay's own marks would let the archive say what a whiteout does not: where a directory's
  // contents come from.
  Result<void> AddXattrs(const kernel::ArchiveEntry& entry, int file) const {
    for (const auto& [name, value] : entry.xattrs) {
      if (name == "security.capability") {
        const std::string on_disk = CapabilityOf(value, first_);
        if (on_disk.empty()) return Fail(Refused("has a security.capability that is none"));
        TRY(kernel::SetXattr(file, name, on_disk));
      } else if (name.starts_with("user.") && !name.starts_with("user.overlay.")) {
        TRY(kernel::SetXattr(file, name, value));
      }
    }
    return {};
  }

  UniqueFd layer_;
  std::uint32_t first_;  // the host's id of the container's root
  std::string open_path_;
  UniqueFd open_;  // the directory that the last entry was in
  std::vector<std::pair<std::string, kernel::ArchiveEntry>> directories_;
};

// Of the ids that sandboxes get; no process has to have them.
Result<abi::IdMaps> MapsOfImports() {
  const IdPool pool = TRY(FindIdPool());
  const std::optional<std::uint32_t> first = PickIdRange(pool, {});
  if (!first) return Fail(Error(ErrorKind::kUnsupported, "there are no subordinate ids"));
  const std::vector<abi::IdMapping> map = {
      {.container = 0, .host = *first, .count = plan::kIdRangeSize}};
  return abi::IdMaps{.uids = map, .gids = map};
}

Result<void> TakeAll(kernel::ArchiveReader& in, Importer& importer) {
  for (;;) {
    const std::optional<kernel::ArchiveEntry> entry = TRY(in.Next());
    if (!entry) return importer.FinishDirectories();
    TRY_WITHIN(importer.Take(*entry, in), Quoted(entry->path));
  }
}

}  // namespace

Result<void> ImportTemplate(const Runtime& runtime, const ImportRequest& request) {
  const plan::HostFacts facts = TRY(GatherHostFacts());
  if (!facts.in_initial_user_namespace) {
    return Fail(Error(ErrorKind::kUnsupported, "only root can give files to other ids: import"));
  }
  const TemplateStore store(TRY(TemplateDirectory(runtime)));
  TemplateRecord record = {.name = request.name, .parent = request.parent, .image = request.image};
  if (!record.image.empty()) record.image = TRY_WITHIN(kernel::RealPath(record.image), "--image");
  if (!record.parent.empty()) {
    const TemplateRecord parent = TRY(store.Read(record.parent));
    if (record.image.empty()) record.image = parent.image;
    record.system = parent.system;
  }
  if (!request.image.empty() || record.parent.empty()) record.system = SystemOf(record.image);
  UniqueFd file;
  if (request.path != "-")
    file = TRY_WITHIN(kernel::Open(AT_FDCWD, request.path, O_RDONLY), Quoted(request.path));
  record.maps = TRY(MapsOfImports());
  const std::uint32_t first = abi::HostId(record.maps.uids, 0);

  NewTemplate made = TRY(NewTemplate::Begin(store, record.name));
  TRY(kernel::MakeDirectory(made.Directory().Get(), "layer", 0755));
  TRY(kernel::SetOwnership(made.Directory().Get(), "layer", first, first, 0755));
  UniqueFd layer =
      TRY(kernel::OpenBeneath(made.Directory().Get(), "layer", O_RDONLY | O_DIRECTORY));
  Importer importer(std::move(layer), first);
  kernel::ArchiveReader in = TRY(kernel::ArchiveReader::Open(file ? file.Get() : STDIN_FILENO));
  TRY(TakeAll(in, importer));
  TRY(Measure(importer.Layer(), record));
  record.created = NowInUtc();
  TRY(made.Describe(record));
  return made.Finish();
}

}  // namespace agentbox::container
