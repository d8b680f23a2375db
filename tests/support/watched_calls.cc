#include "support/watched_calls.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace agentbox::test {
namespace {

struct Log {
  std::array<char, 4096> top;
  std::size_t size;
  std::array<char, 1U << 20U> text;
};

Log* log = nullptr;
Rename replaced = nullptr;

std::string PathOf(int fd) {
  std::array<char, PATH_MAX> path = {};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const auto size = ::readlink(link.c_str(), path.data(), path.size());
  std::string text(path.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  const std::string top = std::string(log->top.data()) + "/";
  if (text.starts_with(top)) text.erase(0, top.size());
  // One of O_TMPFILE has its number for a name.
  const bool has_name = text.find("/#") == std::string::npos || !text.ends_with(" (deleted)");
  return has_name ? text : "(unnamed)";
}

std::string PathOf(int directory, const char* name) {
  return PathOf(directory) + "/" + name;
}

template <typename Line>
int Recorded(long result, const Line& line) {
  if (log == nullptr || result < 0) return static_cast<int>(result);
  const std::string text = line() + "\n";
  if (log->size + text.size() < log->text.size()) {
    std::memcpy(log->text.data() + log->size, text.data(), text.size());
    log->size += text.size();
  }
  return static_cast<int>(result);
}

}  // namespace

RecordedCalls::RecordedCalls(const std::string& top) {
  void* const memory =
      ::mmap(nullptr, sizeof(Log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap");
  log = static_cast<Log*>(memory);
  // The kernel says where a directory really is.
  const std::string real = std::filesystem::canonical(top);
  real.copy(log->top.data(), log->top.size() - 1);
}

RecordedCalls::~RecordedCalls() {
  ::munmap(log, sizeof(Log));
  log = nullptr;
}

std::vector<std::string> RecordedCalls::Lines() const {
  std::vector<std::string> lines;
  std::istringstream text(std::string(log->text.data(), log->size));
  for (std::string line; std::getline(text, line);)
    lines.push_back(line);
  return lines;
}

void ReplaceRename(Rename rename) {
  replaced = rename;
}

}  // namespace agentbox::test

// Those that the kernel's wrappers call, in this program.

using agentbox::test::PathOf;
using agentbox::test::Recorded;

extern "C" {

int renameat2(int from, const char* name, int to, const char* other, unsigned flags) noexcept {
  if (agentbox::test::replaced != nullptr)
    return agentbox::test::replaced(from, name, to, other, flags);
  const long result = ::syscall(SYS_renameat2, from, name, to, other, flags);
  return Recorded(result, [&] {
    const char* const what = (flags & RENAME_EXCHANGE) != 0 ? "exchange " : "rename ";
    return what + PathOf(from, name) + " " + PathOf(to, other);
  });
}

int linkat(int from, const char* name, int to, const char* other, int flags) noexcept {
  const long result = ::syscall(SYS_linkat, from, name, to, other, flags);
  return Recorded(result, [&] { return "link " + PathOf(to, other); });
}

int unlinkat(int directory, const char* name, int flags) noexcept {
  const long result = ::syscall(SYS_unlinkat, directory, name, flags);
  return Recorded(result, [&] { return "unlink " + PathOf(directory, name); });
}

int fsync(int fd) {
  return Recorded(::syscall(SYS_fsync, fd), [&] { return "fsync " + PathOf(fd); });
}

int syncfs(int fd) noexcept {
  return Recorded(::syscall(SYS_syncfs, fd), [&] { return "syncfs " + PathOf(fd); });
}

int fsetxattr(int fd, const char* name, const void* value, std::size_t size, int flags) noexcept {
  const long result = ::syscall(SYS_fsetxattr, fd, name, value, size, flags);
  return Recorded(result, [&] { return "mark " + PathOf(fd) + " " + name; });
}
}
