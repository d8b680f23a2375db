#include "kernel/compressed.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "kernel/libarchive.h"
#include "kernel/zlib.h"

namespace agentbox::kernel {
namespace {

constexpr std::size_t kChunk = 64U << 10U;
constexpr std::size_t kMagicSize = 4;
constexpr std::string_view kGzip = "\x1f\x8b";
constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd";

Error Damaged(const std::string& why) {
  return Error(ErrorKind::kInvalidSpec, why);
}

// The file as it is.
class FileBytes {
 public:
  explicit FileBytes(int fd) : fd_(fd), chunk_(kChunk, '\0') {}

  // The first bytes, which the next Read returns again.
  Result<std::string_view> Peek() {
    while (waiting_ < kMagicSize) {
      const std::size_t got = TRY(ReadInto(waiting_));
      if (got == 0) break;
      waiting_ += got;
    }
    return std::string_view(chunk_).substr(0, waiting_);
  }

  Result<std::string_view> Read() {
    const std::size_t size = waiting_ > 0 ? std::exchange(waiting_, 0) : TRY(ReadInto(0));
    return std::string_view(chunk_).substr(0, size);
  }

 private:
  Result<std::size_t> ReadInto(std::size_t at) {
    for (;;) {
      const auto size = ::read(fd_, chunk_.data() + at, chunk_.size() - at);
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR) return Fail(Error::FromErrno().Within("read(2)"));
    }
  }

  int fd_;
  std::string chunk_;
  std::size_t waiting_ = 0;
};

// By zlib: libarchive passes over the checksum and the length at the end.
class GzipBytes {
 public:
  GzipBytes() = default;
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;
  ~GzipBytes() {
    if (is_begun_) zlib_.inflate_end(&stream_);
  }

  Result<void> Begin() {
    constexpr int kLargestWindowOfGzipAlone = MAX_WBITS + 16;
    zlib_ = TRY(LoadZlib());
    const int status = zlib_.inflate_init(
        &stream_, kLargestWindowOfGzipAlone, ZLIB_VERSION, static_cast<int>(sizeof stream_));
    if (status != Z_OK) return Fail(Error::FromErrno(ENOMEM).Within("inflateInit2 of zlib"));
    is_begun_ = true;
    return {};
  }

  Result<std::string_view> Read(FileBytes& file) {
    stream_.next_out = reinterpret_cast<Bytef*>(chunk_.data());
    stream_.avail_out = static_cast<uInt>(chunk_.size());
    while (stream_.avail_out == chunk_.size()) {
      if (stream_.avail_in == 0) TRY(Refill(file));
      if (is_between_ && !BeginMember()) {
        if (is_at_end_) break;
        continue;
      }
      if (is_at_end_ && stream_.avail_in == 0)
        return Fail(Damaged("gzip: cut off: its end is missing"));
      TRY(Inflate());
    }
    return std::string_view(chunk_).substr(0, chunk_.size() - stream_.avail_out);
  }

 private:
  Result<void> Refill(FileBytes& file) {
    const std::string_view in = TRY(file.Read());
    is_at_end_ = in.empty();
    // zlib reads only; its type is from before const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    return {};
  }

  // After a member only another may follow, or zeros to fill a block, as gzip(1) has it.
  bool BeginMember() {
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
    }
    if (stream_.avail_in == 0) return false;
    is_between_ = false;
    return zlib_.inflate_reset(&stream_) == Z_OK;
  }

  Result<void> Inflate() {
    const int status = zlib_.inflate(&stream_, Z_NO_FLUSH);
    is_between_ = status == Z_STREAM_END;
    if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR) return {};
    const char* const why = stream_.msg;
    return Fail(Damaged(std::string("gzip: damaged: ") + (why != nullptr ? why : "no reason")));
  }

  Zlib zlib_;
  z_stream stream_ = {};
  std::string chunk_ = std::string(kChunk, '\0');
  bool is_begun_ = false;
  bool is_between_ = false;  // behind the end of a member
  bool is_at_end_ = false;   // of the file
};

// By libarchive, which has the library check what there is to check.
class ZstdBytes {
 public:
  ZstdBytes() = default;
  ZstdBytes(const ZstdBytes&) = delete;
  ZstdBytes& operator=(const ZstdBytes&) = delete;
  ~ZstdBytes() {
    if (archive_ != nullptr) library_.read_free(archive_);
  }

  // `file` is to stay where it is.
  Result<void> Begin(FileBytes& file) {
    file_ = &file;
    library_ = TRY(LoadLibarchive());
    archive_ = library_.read_new();
    struct archive_entry* entry = nullptr;  // of the library's
    const bool is_open = library_.support_raw(archive_) >= ARCHIVE_WARN &&
                         library_.support_zstd(archive_) >= ARCHIVE_WARN &&
                         library_.read_open(archive_, this, nullptr, Feed, nullptr) == ARCHIVE_OK &&
                         library_.read_next(archive_, &entry) == ARCHIVE_OK;
    if (!is_open) return Fail(Failed());
    return {};
  }

  Result<std::string_view> Read() {
    const auto got = library_.read_data(archive_, chunk_.data(), chunk_.size());
    if (got < 0) return Fail(Failed());
    return std::string_view(chunk_).substr(0, static_cast<std::size_t>(got));
  }

 private:
  static la_ssize_t Feed(struct archive* /*archive*/, void* data, const void** buffer) {
    auto& self = *static_cast<ZstdBytes*>(data);
    const auto in = self.file_->Read();
    if (!in) {
      self.error_ = in.error();
      return ARCHIVE_FATAL;
    }
    *buffer = in->data();
    return static_cast<la_ssize_t>(in->size());
  }

  Error Failed() const {
    if (error_) return *error_;
    const char* const why = library_.error_string(archive_);
    return Damaged(why != nullptr ? why : "zstd: damaged");
  }

  Libarchive library_;
  struct archive* archive_ = nullptr;
  FileBytes* file_ = nullptr;
  std::optional<Error> error_;
  std::string chunk_ = std::string(kChunk, '\0');
};

}  // namespace

struct CompressedReader::State {
  explicit State(int fd) : file(fd) {}

  FileBytes file;
  std::optional<GzipBytes> gzip;
  std::optional<ZstdBytes> zstd;
};

CompressedReader::CompressedReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
CompressedReader::CompressedReader(CompressedReader&&) noexcept = default;
CompressedReader::~CompressedReader() = default;

Result<CompressedReader> CompressedReader::Open(int fd) {
  CompressedReader reader(std::make_unique<State>(fd));
  State& its = *reader.state_;
  const std::string_view first = TRY(its.file.Peek());
  if (first.starts_with(kGzip)) TRY(its.gzip.emplace().Begin());
  if (first.starts_with(kZstd)) TRY(its.zstd.emplace().Begin(its.file));
  return reader;
}

Result<std::string_view> CompressedReader::Read() {
  if (state_->gzip) return state_->gzip->Read(state_->file);
  if (state_->zstd) return state_->zstd->Read();
  return state_->file.Read();
}

}  // namespace agentbox::kernel
