#include "kernel/libarchive.h"

#include <dlfcn.h>

#include <string>

namespace agentbox::kernel {
namespace {

Error NotThere() {
  const char* const why = ::dlerror();
  return Error(
      ErrorKind::kUnsupported,
      std::string("libarchive.so.13, which reads and writes tar (package libarchive13): ") +
          (why != nullptr ? why : "not found"));
}

class Finder {
 public:
  explicit Finder(void* library) : library_(library) {}

  template <typename Function>
  Finder& Find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library_, name));
    is_complete_ = is_complete_ && function != nullptr;
    return *this;
  }

  bool IsComplete() const { return is_complete_; }

 private:
  void* library_;
  bool is_complete_ = true;
};

void FindReader(Finder& finder, Libarchive& found) {
  finder.Find("archive_read_new", found.read_new)
      .Find("archive_read_free", found.read_free)
      .Find("archive_read_support_format_tar", found.support_tar)
      .Find("archive_read_support_format_raw", found.support_raw)
      .Find("archive_read_support_filter_zstd", found.support_zstd)
      .Find("archive_read_open", found.read_open)
      .Find("archive_read_next_header", found.read_next)
      .Find("archive_read_next_header2", found.next_header)
      .Find("archive_read_data", found.read_data)
      .Find("archive_read_data_skip", found.skip_data)
      .Find("archive_filter_bytes", found.filter_bytes);
}

void FindWriter(Finder& finder, Libarchive& found) {
  finder.Find("archive_write_new", found.write_new)
      .Find("archive_write_free", found.write_free)
      .Find("archive_write_set_format_pax", found.set_format_pax)
      .Find("archive_write_set_options", found.set_options)
      .Find("archive_write_set_bytes_in_last_block", found.set_last_block)
      .Find("archive_write_open_fd", found.write_open_fd)
      .Find("archive_write_header", found.write_header)
      .Find("archive_write_data", found.write_data)
      .Find("archive_write_close", found.write_close)
      .Find("archive_error_string", found.error_string);
}

void FindEntry(Finder& finder, Libarchive& found) {
  finder.Find("archive_entry_new", found.entry_new)
      .Find("archive_entry_free", found.entry_free)
      .Find("archive_entry_pathname", found.pathname)
      .Find("archive_entry_hardlink", found.hardlink)
      .Find("archive_entry_symlink", found.symlink)
      .Find("archive_entry_mode", found.mode)
      .Find("archive_entry_uid", found.uid)
      .Find("archive_entry_gid", found.gid)
      .Find("archive_entry_size", found.size)
      .Find("archive_entry_mtime", found.mtime)
      .Find("archive_entry_mtime_nsec", found.mtime_nsec)
      .Find("archive_entry_xattr_reset", found.xattr_reset)
      .Find("archive_entry_xattr_next", found.xattr_next)
      .Find("archive_entry_set_pathname", found.set_pathname)
      .Find("archive_entry_set_hardlink", found.set_hardlink)
      .Find("archive_entry_set_symlink", found.set_symlink)
      .Find("archive_entry_set_mode", found.set_mode)
      .Find("archive_entry_set_uid", found.set_uid)
      .Find("archive_entry_set_gid", found.set_gid)
      .Find("archive_entry_set_size", found.set_size)
      .Find("archive_entry_set_mtime", found.set_mtime)
      .Find("archive_entry_xattr_add_entry", found.add_xattr);
}

}  // namespace

void CloseLibrary::operator()(void* library) const {
  ::dlclose(library);
}

Result<Libarchive> LoadLibarchive() {
  Libarchive found;
  found.library.reset(::dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL));
  if (!found.library) return Fail(NotThere());
  Finder finder(found.library.get());
  FindReader(finder, found);
  FindWriter(finder, found);
  FindEntry(finder, found);
  if (!finder.IsComplete()) return Fail(NotThere());
  return found;
}

}  // namespace agentbox::kernel
