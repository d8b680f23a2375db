#include "kernel/archive.h"

#include <locale.h>

#include "kernel/compressed.h"
#include "kernel/libarchive.h"

namespace agentbox::kernel {
namespace {

constexpr std::size_t kChunk = 64U << 10U;
constexpr std::int64_t kBlock = 512;  // of a tar

// libarchive converts names between UTF-8 and the locale's characters. In this locale there is
// nothing to convert, and names that are no UTF-8 are marked as bytes (hdrcharset=BINARY).
class Utf8 {
 public:
  Utf8() : own_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (own_ != nullptr) before_ = ::uselocale(own_);
  }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;
  ~Utf8() {
    if (own_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(own_);
  }

 private:
  locale_t own_;
  locale_t before_ = nullptr;
};

std::string Text(const char* text) {
  return text != nullptr ? text : "";
}

Error Failed(const Libarchive& library, struct archive* archive, ErrorKind kind) {
  return Error(kind, "tar archive: " + Text(library.error_string(archive)));
}

}  // namespace

struct ArchiveWriter::State {
  Libarchive library;
  struct archive* archive = nullptr;
  struct archive_entry* entry = nullptr;
};

ArchiveWriter::ArchiveWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveWriter::ArchiveWriter(ArchiveWriter&&) noexcept = default;
ArchiveWriter::~ArchiveWriter() {
  if (!state_) return;
  if (state_->entry != nullptr) state_->library.entry_free(state_->entry);
  if (state_->archive != nullptr) state_->library.write_free(state_->archive);
}

Result<ArchiveWriter> ArchiveWriter::Open(int fd) {
  auto state = std::make_unique<State>();
  state->library = TRY(LoadLibarchive());
  ArchiveWriter writer(std::move(state));
  State& its = *writer.state_;
  its.archive = its.library.write_new();
  // As Go's readers (Docker, containerd) know extended attributes.
  const bool is_open = its.library.set_format_pax(its.archive) == ARCHIVE_OK &&
                       its.library.set_options(its.archive, "xattrheader=SCHILY") == ARCHIVE_OK &&
                       its.library.set_last_block(its.archive, 1) == ARCHIVE_OK &&
                       its.library.write_open_fd(its.archive, fd) == ARCHIVE_OK;
  if (!is_open) return Fail(Failed(its.library, its.archive, ErrorKind::kSystem));
  return writer;
}

Result<void> ArchiveWriter::Begin(const ArchiveEntry& entry) {
  const Utf8 utf8;
  const Libarchive& library = state_->library;
  if (state_->entry != nullptr) library.entry_free(state_->entry);
  state_->entry = library.entry_new();
  struct archive_entry* const out = state_->entry;
  library.set_pathname(out, entry.path.c_str());
  library.set_mode(out, entry.mode);
  library.set_uid(out, entry.uid);
  library.set_gid(out, entry.gid);
  library.set_mtime(out, entry.mtime.tv_sec, entry.mtime.tv_nsec);
  library.set_size(out, static_cast<la_int64_t>(entry.size));
  if (!entry.hard_link.empty()) library.set_hardlink(out, entry.hard_link.c_str());
  if (!entry.target.empty()) library.set_symlink(out, entry.target.c_str());
  for (const auto& [name, value] : entry.xattrs)
    library.add_xattr(out, name.c_str(), value.data(), value.size());
  // ARCHIVE_WARN: a name that is no UTF-8 was written as bytes.
  if (library.write_header(state_->archive, out) >= ARCHIVE_WARN) return {};
  return Fail(Failed(library, state_->archive, ErrorKind::kSystem));
}

Result<void> ArchiveWriter::Write(std::string_view data) {
  const auto written = state_->library.write_data(state_->archive, data.data(), data.size());
  if (written == static_cast<la_ssize_t>(data.size())) return {};
  return Fail(Failed(state_->library, state_->archive, ErrorKind::kSystem));
}

Result<void> ArchiveWriter::Finish() {
  if (state_->library.write_close(state_->archive) == ARCHIVE_OK) return {};
  return Fail(Failed(state_->library, state_->archive, ErrorKind::kSystem));
}

struct ArchiveReader::State {
  explicit State(CompressedReader reader) : bytes(std::move(reader)) {}

  // For libarchive: some more of the tar.
  static la_ssize_t Feed(struct archive* /*archive*/, void* data, const void** buffer) {
    auto& its = *static_cast<State*>(data);
    const auto some = its.bytes.Read();
    if (!some) {
      its.error = some.error();
      return ARCHIVE_FATAL;
    }
    *buffer = some->data();
    return static_cast<la_ssize_t>(some->size());
  }

  Error Failed() const {
    return error ? *error : kernel::Failed(library, archive, ErrorKind::kInvalidSpec);
  }

  CompressedReader bytes;
  std::optional<Error> error;  // of `bytes`
  Libarchive library;
  struct archive* archive = nullptr;
  struct archive_entry* entry = nullptr;
};

ArchiveReader::ArchiveReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() {
  if (!state_) return;
  if (state_->entry != nullptr) state_->library.entry_free(state_->entry);
  if (state_->archive != nullptr) state_->library.read_free(state_->archive);
}

Result<ArchiveReader> ArchiveReader::Open(int fd) {
  auto state = std::make_unique<State>(TRY(CompressedReader::Open(fd)));
  state->library = TRY(LoadLibarchive());
  ArchiveReader reader(std::move(state));
  State& its = *reader.state_;
  its.archive = its.library.read_new();
  its.entry = its.library.entry_new();
  // By name: of "all" formats and filters some run other programs.
  const bool is_open =
      its.library.support_tar(its.archive) >= ARCHIVE_WARN &&
      its.library.read_open(its.archive, &its, nullptr, State::Feed, nullptr) == ARCHIVE_OK;
  if (!is_open) return Fail(its.Failed());
  return reader;
}

Result<void> ArchiveReader::CheckEnd(std::int64_t end_of_entries) {
  State& its = *state_;
  // libarchive takes the end of the file for that of the archive, too. All who write layers write
  // an end: without one the file was cut off, between two entries.
  const std::int64_t end_size = its.library.filter_bytes(its.archive, 0) - end_of_entries;
  if (end_size < kBlock) {
    return Fail(Error(ErrorKind::kInvalidSpec, "tar archive: cut off: its end is missing"));
  }
  // What is compressed has its checksum at its end, beyond the archive's.
  while (!TRY(its.bytes.Read()).empty()) {
  }
  return {};
}

Result<std::optional<ArchiveEntry>> ArchiveReader::Next() {
  const Utf8 utf8;
  const Libarchive& library = state_->library;
  const bool is_first = library.filter_bytes(state_->archive, 0) == 0;
  if (!is_first && library.skip_data(state_->archive) < ARCHIVE_OK) return Fail(state_->Failed());
  const std::int64_t begin = library.filter_bytes(state_->archive, 0);
  const int status = library.next_header(state_->archive, state_->entry);
  if (status == ARCHIVE_EOF) {
    TRY(CheckEnd(begin));
    return std::optional<ArchiveEntry>();
  }
  // A warning is a name or attribute that was not understood in full: not to be guessed at.
  if (status != ARCHIVE_OK) return Fail(state_->Failed());
  struct archive_entry* const in = state_->entry;
  ArchiveEntry entry = {.path = Text(library.pathname(in)),
                        .hard_link = Text(library.hardlink(in)),
                        .target = Text(library.symlink(in)),
                        .mode = library.mode(in),
                        .uid = library.uid(in),
                        .gid = library.gid(in),
                        .size = static_cast<std::uint64_t>(library.size(in)),
                        .mtime = {.tv_sec = library.mtime(in), .tv_nsec = library.mtime_nsec(in)}};
  library.xattr_reset(in);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (library.xattr_next(in, &name, &value, &size) == ARCHIVE_OK) {
    entry.xattrs.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return std::optional<ArchiveEntry>(std::move(entry));
}

Result<std::string> ArchiveReader::Read() {
  std::string chunk(kChunk, '\0');
  const auto got = state_->library.read_data(state_->archive, chunk.data(), chunk.size());
  if (got < 0) return Fail(state_->Failed());
  chunk.resize(static_cast<std::size_t>(got));
  return chunk;
}

}  // namespace agentbox::kernel
