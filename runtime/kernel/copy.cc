#include "kernel/copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace agentbox::kernel {
namespace {

// EXDEV: two kinds of file systems; the others: file systems that can not do it.
bool CanNotCopyInKernel(int number) {
  return number == EXDEV || number == EOPNOTSUPP || number == ENOSYS || number == EINVAL;
}

Result<void> WriteAllAt(int file, const char* data, std::size_t size, off_t offset) {
  while (size > 0) {
    const auto written = ::pwrite(file, data, size, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail(Error::FromErrno().Within("pwrite(2)"));
    data += written;
    offset += written;
    size -= static_cast<std::size_t>(written);
  }
  return {};
}

Result<void> CopyThroughMemory(int from, int to, off_t begin, off_t end) {
  std::array<char, 262144> buffer;
  while (begin < end) {
    const std::size_t most =
        static_cast<std::size_t>(std::min<off_t>(end - begin, static_cast<off_t>(buffer.size())));
    const auto size = ::pread(from, buffer.data(), most, begin);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(Error::FromErrno().Within("pread(2)"));
    if (size == 0) return {};  // it has become shorter
    TRY(WriteAllAt(to, buffer.data(), static_cast<std::size_t>(size), begin));
    begin += size;
  }
  return {};
}

Result<void> CopyRange(int from, int to, off_t begin, off_t end) {
  off_t in = begin;
  off_t out = begin;
  while (in < end) {
    const auto size = ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(end - in), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && CanNotCopyInKernel(errno)) return CopyThroughMemory(from, to, in, end);
    if (size < 0) return Fail(Error::FromErrno().Within("copy_file_range(2)"));
    if (size == 0) return CopyThroughMemory(from, to, in, end);
  }
  return {};
}

}  // namespace

Result<void> CopySparse(int from, int to) {
  struct stat status = {};
  if (::fstat(from, &status) < 0) return Fail(Error::FromErrno().Within("fstat(2)"));
  off_t at = 0;
  while (at < status.st_size) {
    const off_t begin = ::lseek(from, at, SEEK_DATA);
    if (begin < 0 && errno == ENXIO) break;  // a hole until the end
    if (begin < 0) return Fail(Error::FromErrno().Within("lseek(2) of SEEK_DATA"));
    const off_t end = ::lseek(from, begin, SEEK_HOLE);
    if (end < 0) return Fail(Error::FromErrno().Within("lseek(2) of SEEK_HOLE"));
    TRY(CopyRange(from, to, begin, end));
    at = end;
  }
  if (::ftruncate(to, status.st_size) < 0) return Fail(Error::FromErrno().Within("ftruncate(2)"));
  return {};
}

}  // namespace agentbox::kernel
