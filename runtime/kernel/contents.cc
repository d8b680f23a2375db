#include "kernel/contents.h"

#include <unistd.h>

#include <cerrno>

namespace agentbox::kernel {

Result<std::size_t> ReadAt(int file, std::span<char> place, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < place.size()) {
    const auto size =
        ::pread(file, place.data() + done, place.size() - done, static_cast<off_t>(offset + done));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(Error::FromErrno().Within("pread(2)"));
    if (size == 0) break;
    done += static_cast<std::size_t>(size);
  }
  return done;
}

Result<std::uint64_t> FindData(int file, std::uint64_t offset) {
  const auto found = ::lseek(file, static_cast<off_t>(offset), SEEK_DATA);
  if (found >= 0) return static_cast<std::uint64_t>(found);
  if (errno == ENXIO) return UINT64_MAX;
  if (errno == EINVAL) return offset;
  return Fail(Error::FromErrno().Within("lseek(2) SEEK_DATA"));
}

}  // namespace agentbox::kernel
