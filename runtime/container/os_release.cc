#include "container/os_release.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/printable.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::container {
namespace {

constexpr std::size_t kMostBytes = 64U << 10U;
constexpr std::size_t kLongestValue = 60;

// What `line` gives to the variable `name`; empty if it is about another.
std::string ValueIn(std::string_view line, std::string_view name) {
  if (!line.starts_with(name) || !line.substr(name.size()).starts_with('=')) return {};
  std::string_view value = line.substr(name.size() + 1);
  const bool is_quoted = value.size() > 1 && (value.front() == '"' || value.front() == '\'') &&
                         value.front() == value.back();
  if (is_quoted) value = value.substr(1, value.size() - 2);
  return Printable(value.substr(0, kLongestValue));
}

// The image says what is there: no pipe is waited for, and no device opened, which by itself can do
// something (a watchdog begins to count).
Result<std::string> ReadIn(const UniqueFd& root, const std::string& path) {
  const UniqueFd found = TRY(kernel::OpenInRoot(root, path, O_PATH));
  const struct stat status = TRY(kernel::Stat(found.Get()));
  if (!S_ISREG(status.st_mode)) return std::string();
  const UniqueFd file = TRY(kernel::Reopen(found.Get(), O_RDONLY));
  return kernel::ReadAll(file.Get(), kMostBytes);
}

}  // namespace

std::string SystemIn(std::string_view os_release) {
  std::string id;
  std::string version;
  for (const std::string_view line : Split(os_release, '\n')) {
    const std::string_view trimmed = Trimmed(line);
    if (id.empty()) id = ValueIn(trimmed, "ID");
    if (version.empty()) version = ValueIn(trimmed, "VERSION_ID");
  }
  return id.empty() || version.empty() ? id : id + " " + version;
}

std::string SystemOf(const std::string& root) {
  const auto directory = kernel::Open(AT_FDCWD, root.empty() ? "/" : root, O_PATH | O_DIRECTORY);
  if (!directory) return {};
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    const auto text = ReadIn(*directory, path);
    if (text) return SystemIn(*text);
  }
  return {};
}

}  // namespace agentbox::container
