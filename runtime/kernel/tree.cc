#include "kernel/tree.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "kernel/file.h"

namespace agentbox::kernel {

Result<void> MakeHardLink(int from_directory,
                          const std::string& from,
                          int to_directory,
                          const std::string& to) {
  if (::linkat(from_directory, from.c_str(), to_directory, to.c_str(), 0) < 0) {
    return Fail(Error::FromErrno().Within("linkat(2) of " + from + " to " + to));
  }
  return {};
}

Result<std::string> ReadChunk(int fd, std::size_t size) {
  std::string chunk(size, '\0');
  ssize_t got = 0;
  do {
    got = ::read(fd, chunk.data(), chunk.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Fail(Error::FromErrno().Within("read(2)"));
  chunk.resize(static_cast<std::size_t>(got));
  return chunk;
}

Result<void> WriteWithHoles(int file, std::string_view data) {
  constexpr std::size_t kBlock = 4096;
  while (!data.empty()) {
    const std::string_view block = data.substr(0, kBlock);
    data.remove_prefix(block.size());
    const bool is_zero = std::ranges::all_of(block, [](char c) { return c == 0; });
    if (!is_zero) {
      TRY(WriteAll(file, block));
    } else if (::lseek(file, static_cast<off_t>(block.size()), SEEK_CUR) < 0) {
      return Fail(Error::FromErrno().Within("lseek(2)"));
    }
  }
  return {};
}

Result<void> SetLength(int file, std::uint64_t length) {
  if (::ftruncate(file, static_cast<off_t>(length)) < 0) {
    return Fail(Error::FromErrno().Within("ftruncate(2)"));
  }
  return {};
}

}  // namespace agentbox::kernel
