// libarchive's functions, found at run time: most invocations pack nothing, and the library brings
// a dozen others along (libxml2, ICU).
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "base/error.h"

namespace agentbox::kernel {

struct CloseLibrary {
  void operator()(void* library) const;
};

struct Libarchive {
  std::unique_ptr<void, CloseLibrary> library;

  decltype(&::archive_read_new) read_new = nullptr;
  decltype(&::archive_read_free) read_free = nullptr;
  decltype(&::archive_read_support_format_tar) support_tar = nullptr;
  decltype(&::archive_read_support_format_raw) support_raw = nullptr;
  decltype(&::archive_read_support_filter_zstd) support_zstd = nullptr;
  decltype(&::archive_read_open) read_open = nullptr;
  decltype(&::archive_read_next_header) read_next = nullptr;
  decltype(&::archive_read_next_header2) next_header = nullptr;
  decltype(&::archive_read_data) read_data = nullptr;
  decltype(&::archive_read_data_skip) skip_data = nullptr;
  decltype(&::archive_filter_bytes) filter_bytes = nullptr;

  decltype(&::archive_write_new) write_new = nullptr;
  decltype(&::archive_write_free) write_free = nullptr;
  decltype(&::archive_write_set_format_pax) set_format_pax = nullptr;
  decltype(&::archive_write_set_options) set_options = nullptr;
  decltype(&::archive_write_set_bytes_in_last_block) set_last_block = nullptr;
  decltype(&::archive_write_open_fd) write_open_fd = nullptr;
  decltype(&::archive_write_header) write_header = nullptr;
  decltype(&::archive_write_data) write_data = nullptr;
  decltype(&::archive_write_close) write_close = nullptr;

  decltype(&::archive_error_string) error_string = nullptr;
  decltype(&::archive_entry_new) entry_new = nullptr;
  decltype(&::archive_entry_free) entry_free = nullptr;
  decltype(&::archive_entry_pathname) pathname = nullptr;
  decltype(&::archive_entry_hardlink) hardlink = nullptr;
  decltype(&::archive_entry_symlink) symlink = nullptr;
  decltype(&::archive_entry_mode) mode = nullptr;
  decltype(&::archive_entry_uid) uid = nullptr;
  decltype(&::archive_entry_gid) gid = nullptr;
  decltype(&::archive_entry_size) size = nullptr;
  decltype(&::archive_entry_mtime) mtime = nullptr;
  decltype(&::archive_entry_mtime_nsec) mtime_nsec = nullptr;
  decltype(&::archive_entry_xattr_reset) xattr_reset = nullptr;
  decltype(&::archive_entry_xattr_next) xattr_next = nullptr;
  decltype(&::archive_entry_set_pathname) set_pathname = nullptr;
  decltype(&::archive_entry_set_hardlink) set_hardlink = nullptr;
  decltype(&::archive_entry_set_symlink) set_symlink = nullptr;
  decltype(&::archive_entry_set_mode) set_mode = nullptr;
  decltype(&::archive_entry_set_uid) set_uid = nullptr;
  decltype(&::archive_entry_set_gid) set_gid = nullptr;
  decltype(&::archive_entry_set_size) set_size = nullptr;
  decltype(&::archive_entry_set_mtime) set_mtime = nullptr;
  decltype(&::archive_entry_xattr_add_entry) add_xattr = nullptr;
};

// kUnsupported, naming the package, where it is not installed.
Result<Libarchive> LoadLibarchive();

}  // namespace agentbox::kernel
