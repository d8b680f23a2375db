#include "container/template_archive.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <utility>

#include "base/strings.h"
#include "container/layer_walk.h"
#include "container/template_store.h"
#include "kernel/archive.h"
#include "kernel/inode.h"
#include "kernel/tree.h"
#include "kernel/xattr.h"

namespace agentbox::container {
namespace {

constexpr std::size_t kChunk = 64U << 10U;
constexpr const char* kCapability = "security.capability";

Error NotInTar(const std::string& what) {
  return Error(ErrorKind::kUnsupported, what + ", which a layer's tar can not say");
}

class Exporter {
 public:
  Exporter(const TemplateRecord& record, kernel::ArchiveWriter& out) : record_(record), out_(out) {}

  Result<void> Add(const LayerEntry& entry) {
    if (entry.name.starts_with(kWhiteoutPrefix)) {
      return Fail(NotInTar("its name begins with .wh."));
    }
    const mode_t type = entry.status.st_mode & S_IFMT;
    if (type == S_IFCHR && entry.status.st_rdev == 0) return AddMark(entry.path, entry.name);
    if (type == S_IFSOCK) return {};  // of a process that is gone; tar(1) leaves them out, too
    if (type == S_IFCHR || type == S_IFBLK) return Fail(NotInTar("it is a device"));
    kernel::ArchiveEntry packed = TRY(Describe(entry));
    if (IsLink(entry, packed)) return out_.Begin(packed);
    if (type == S_IFLNK) packed.target = TRY(kernel::ReadLink(entry.directory, entry.name));
    if (type == S_IFDIR) return AddDirectory(entry, std::move(packed));
    if (type == S_IFREG) return AddFile(entry, std::move(packed));
    return out_.Begin(packed);
  }

 private:
  Result<kernel::ArchiveEntry> Describe(const LayerEntry& entry) const {
    kernel::ArchiveEntry packed = {
        .path = entry.path, .mode = entry.status.st_mode, .mtime = entry.status.st_mtim};
    packed.uid = TRY(ContainerId(record_.maps.uids, entry.status.st_uid));
    packed.gid = TRY(ContainerId(record_.maps.gids, entry.status.st_gid));
    return packed;
  }

  static Result<std::int64_t> ContainerId(const std::vector<abi::IdMapping>& map,
                                          std::uint32_t host) {
    for (const abi::IdMapping& line : map) {
      if (host >= line.host && host - line.host < line.count)
        return std::int64_t{line.container} + (host - line.host);
    }
    return Fail(NotInTar("it belongs to the host's id " + std::to_string(host)));
  }

  bool IsLink(const LayerEntry& entry, kernel::ArchiveEntry& packed) {
    if (S_ISDIR(entry.status.st_mode) || entry.status.st_nlink < 2) return false;
    const auto [first, is_new] = first_paths_.emplace(entry.status.st_ino, entry.path);
    if (!is_new) packed.hard_link = first->second;
    return !is_new;
  }

  // An empty file of a name that says what is not there.
  Result<void> AddMark(const std::string& path, const std::string& name) {
    const std::string above = path.substr(0, path.size() - name.size());
    return out_.Begin({.path = above + std::string(kWhiteoutPrefix) + name, .mode = S_IFREG});
  }

  std::string Overlay(const char* mark) const {
    return (record_.uses_user_xattrs ? "user.overlay." : "trusted.overlay.") + std::string(mark);
  }

  Result<void> AddDirectory(const LayerEntry& entry, kernel::ArchiveEntry packed) {
    const UniqueFd directory =
        TRY(kernel::OpenBeneath(entry.directory, entry.name, O_RDONLY | O_DIRECTORY));
    bool is_opaque = false;
    for (const std::string& name : TRY(kernel::ListXattrs(directory.Get()))) {
      if (name == Overlay("redirect")) {
        return Fail(NotInTar("it was moved here from a layer below"));
      }
      if (name != Overlay("opaque")) continue;
      is_opaque = TRY(kernel::ReadXattr(directory.Get(), name)) == "y";
    }
    TRY(AddXattrs(directory.Get(), packed));
    TRY(out_.Begin(packed));
    if (!is_opaque) return {};
    return out_.Begin({.path = entry.path + "/" + std::string(kOpaqueMark), .mode = S_IFREG});
  }

  Result<void> AddFile(const LayerEntry& entry, kernel::ArchiveEntry packed) {
    const UniqueFd file = TRY(kernel::OpenBeneath(entry.directory, entry.name, O_RDONLY));
    for (const std::string& name : TRY(kernel::ListXattrs(file.Get()))) {
      if (name == Overlay("metacopy")) {
        return Fail(NotInTar("its contents are in a layer below (metacopy)"));
      }
    }
    TRY(AddXattrs(file.Get(), packed));
    packed.size = static_cast<std::uint64_t>(entry.status.st_size);
    TRY(out_.Begin(packed));
    for (;;) {
      const std::string chunk = TRY(kernel::ReadChunk(file.Get(), kChunk));
      if (chunk.empty()) return {};
      TRY(out_.Write(chunk));
    }
  }

  Result<void> AddXattrs(int file, kernel::ArchiveEntry& packed) const {
    const std::uint32_t root = abi::HostId(record_.maps.uids, 0);
    for (const std::string& name : TRY(kernel::ListXattrs(file))) {
      const bool is_users = name.starts_with("user.") && !name.starts_with("user.overlay.");
      if (!is_users && name != kCapability) continue;
      std::string value = TRY(kernel::ReadXattr(file, name)).value_or("");
      if (!is_users) value = PortableCapability(value, root);
      if (is_users || !value.empty()) packed.xattrs.emplace_back(name, std::move(value));
    }
    return {};
  }

  const TemplateRecord& record_;
  kernel::ArchiveWriter& out_;
  std::map<ino_t, std::string> first_paths_;  // of files with several names
};

Result<void> Export(const TemplateStore& store, const TemplateRecord& record, int fd) {
  const std::string layer = store.PathOf(record.name) + "/layer";
  const UniqueFd root = TRY(kernel::Open(AT_FDCWD, layer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  kernel::ArchiveWriter out = TRY(kernel::ArchiveWriter::Open(fd));
  Exporter exporter(record, out);
  TRY(WalkLayer(root, [&exporter](const LayerEntry& entry) { return exporter.Add(entry); }));
  return out.Finish();
}

}  // namespace

Result<void> ExportTemplate(const Runtime& runtime,
                            const std::string& name,
                            const std::string& path) {
  const TemplateStore store(TRY(TemplateDirectory(runtime)));
  const TemplateRecord record = TRY(store.Read(name));
  if (path == "-") return Export(store, record, STDOUT_FILENO);
  const UniqueFd file =
      TRY_WITHIN(kernel::Open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644), Quoted(path));
  auto exported = Export(store, record, file.Get());
  if (!exported) (void)kernel::RemoveFile(AT_FDCWD, path);
  return exported;
}

std::string PortableCapability(std::string_view on_disk, std::uint32_t root) {
  struct vfs_ns_cap_data data = {};
  if (on_disk.size() != sizeof data) return {};
  std::memcpy(&data, on_disk.data(), sizeof data);
  if ((data.magic_etc & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3) return {};
  if (data.rootid != root) return {};
  data.magic_etc = (data.magic_etc & ~VFS_CAP_REVISION_MASK) | VFS_CAP_REVISION_2;
  std::string portable(sizeof(struct vfs_cap_data), '\0');
  std::memcpy(portable.data(), &data, portable.size());
  return portable;
}

std::string CapabilityOf(std::string_view portable, std::uint32_t root) {
  struct vfs_ns_cap_data data = {};
  if (portable.size() != sizeof(struct vfs_cap_data)) return {};
  std::memcpy(&data, portable.data(), portable.size());
  if ((data.magic_etc & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_2) return {};
  data.magic_etc = (data.magic_etc & ~VFS_CAP_REVISION_MASK) | VFS_CAP_REVISION_3;
  data.rootid = root;
  std::string on_disk(sizeof data, '\0');
  std::memcpy(on_disk.data(), &data, sizeof data);
  return on_disk;
}

}  // namespace agentbox::container
