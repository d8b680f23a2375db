#include "kernel/mount_table.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include <libmount/libmount.h>

namespace agentbox::kernel {
namespace {

// The functions of libmount that are used here, found at run time.
struct Libmount {
  decltype(&mnt_new_table_from_file) new_table = nullptr;
  decltype(&mnt_unref_table) unref_table = nullptr;
  decltype(&mnt_new_iter) new_iterator = nullptr;
  decltype(&mnt_free_iter) free_iterator = nullptr;
  decltype(&mnt_table_next_fs) next = nullptr;
  decltype(&mnt_fs_get_id) id = nullptr;
  decltype(&mnt_fs_get_parent_id) parent = nullptr;
  decltype(&mnt_fs_get_devno) device = nullptr;
  decltype(&mnt_fs_get_fstype) type = nullptr;
  decltype(&mnt_fs_get_source) source = nullptr;
  decltype(&mnt_fs_get_root) root = nullptr;
  decltype(&mnt_fs_get_target) target = nullptr;
  decltype(&mnt_fs_get_fs_options) options = nullptr;
};

struct CloseLibrary {
  void operator()(void* library) const { ::dlclose(library); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

Error NotThere() {
  const char* const why = ::dlerror();
  return Error(ErrorKind::kUnsupported,
               std::string("libmount.so.1, which reads the mount table (package libmount1): ") +
                   (why != nullptr ? why : "not found"));
}

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Result<Libmount> Load(void* library) {
  Libmount mount;
  const bool is_complete = Find(library, "mnt_new_table_from_file", mount.new_table) &&
                           Find(library, "mnt_unref_table", mount.unref_table) &&
                           Find(library, "mnt_new_iter", mount.new_iterator) &&
                           Find(library, "mnt_free_iter", mount.free_iterator) &&
                           Find(library, "mnt_table_next_fs", mount.next) &&
                           Find(library, "mnt_fs_get_id", mount.id) &&
                           Find(library, "mnt_fs_get_parent_id", mount.parent) &&
                           Find(library, "mnt_fs_get_devno", mount.device) &&
                           Find(library, "mnt_fs_get_fstype", mount.type) &&
                           Find(library, "mnt_fs_get_source", mount.source) &&
                           Find(library, "mnt_fs_get_root", mount.root) &&
                           Find(library, "mnt_fs_get_target", mount.target) &&
                           Find(library, "mnt_fs_get_fs_options", mount.options);
  if (!is_complete) return Fail(NotThere());
  return mount;
}

std::string Text(const char* text) {
  return text != nullptr ? text : "";
}

std::vector<MountEntry> Entries(const Libmount& mount,
                                struct libmnt_table* table,
                                struct libmnt_iter* iterator) {
  std::vector<MountEntry> entries;
  struct libmnt_fs* entry = nullptr;
  while (mount.next(table, iterator, &entry) == 0) {
    entries.push_back({.id = static_cast<std::uint64_t>(mount.id(entry)),
                       .parent = static_cast<std::uint64_t>(mount.parent(entry)),
                       .device = mount.device(entry),
                       .type = Text(mount.type(entry)),
                       .source = Text(mount.source(entry)),
                       .root = Text(mount.root(entry)),
                       .target = Text(mount.target(entry)),
                       .options = Text(mount.options(entry))});
  }
  return entries;
}

}  // namespace

Result<std::vector<MountEntry>> ReadMountTable() {
  const Library library(::dlopen("libmount.so.1", RTLD_NOW | RTLD_LOCAL));
  if (!library) return Fail(NotThere());
  const Libmount mount = TRY(Load(library.get()));

  const std::unique_ptr<struct libmnt_table, decltype(mount.unref_table)> table(
      mount.new_table("/proc/self/mountinfo"), mount.unref_table);
  if (!table) return Fail(Error::FromErrno().Within("mnt_new_table_from_file(3)"));
  const std::unique_ptr<struct libmnt_iter, decltype(mount.free_iterator)> iterator(
      mount.new_iterator(MNT_ITER_FORWARD), mount.free_iterator);
  if (!iterator) return Fail(Error::FromErrno().Within("mnt_new_iter(3)"));
  return Entries(mount, table.get(), iterator.get());
}

Result<std::uint64_t> MountId(int file) {
  struct statx status = {};
  if (::statx(file, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0) {
    return Fail(Error::FromErrno().Within("statx(2)"));
  }
  return status.stx_mnt_id;
}

const MountEntry* FindMount(const std::vector<MountEntry>& table, std::uint64_t id) {
  const auto found = std::ranges::find(table, id, &MountEntry::id);
  return found != table.end() ? &*found : nullptr;
}

}  // namespace agentbox::kernel
