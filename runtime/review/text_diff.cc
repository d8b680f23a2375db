#include "review/text_diff.h"

#include <fcntl.h>

#include <cerrno>

#include "base/strings.h"
#include "base/unique_fd.h"
#include "kernel/contents.h"
#include "kernel/path.h"
#include "kernel/spawn.h"

namespace agentbox::review {
namespace {

constexpr const char* kDiff = "/usr/bin/diff";

Result<std::string> ReadOutput(const UniqueFd& file) {
  const struct stat status = TRY(kernel::Stat(file.Get()));
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  text.resize(TRY(kernel::ReadAt(file.Get(), text, 0)));
  return text;
}

// What is after the lines that begin with "---" and "+++".
std::string WithoutNames(const std::string& text) {
  const auto first = text.find('\n');
  const auto second = first == std::string::npos ? first : text.find('\n', first + 1);
  return second == std::string::npos ? std::string() : text.substr(second + 1);
}

}  // namespace

Result<std::string> DiffHunks(int before, int after) {
  const UniqueFd output = TRY(kernel::AnonymousFile("diff"));
  const UniqueFd errors = TRY(kernel::AnonymousFile("errors"));
  kernel::Program program;
  program.path = kDiff;
  // Contents with NULs in them have been sorted out.
  program.args = {
      "diff", "-u", "--text", "--label", "a", "--label", "b", "/proc/self/fd/3", "/proc/self/fd/4"};
  program.env = {"LC_ALL=C"};
  program.output = output.Get();
  program.errors = errors.Get();
  program.passed = {before, after};
  const auto child = kernel::Spawn(program);
  if (!child && child.error().Errno() == ENOENT) {
    return Fail(
        Error(ErrorKind::kUnsupported,
              std::string(kDiff) + ", which compares texts, is not there: it is in diffutils"));
  }
  if (!child) return Fail(Error(child.error()));
  const kernel::ExitStatus status = TRY(kernel::Wait(child->pidfd));
  const int code = status.ShellCode();
  if (code == 0) return std::string();
  if (code != 1) {
    const std::string said = TRY(ReadOutput(errors));
    return Fail(Error(ErrorKind::kSystem,
                      std::string(kDiff) + " exited with " + std::to_string(code) + ": " +
                          std::string(Trimmed(said))));
  }
  return WithoutNames(TRY(ReadOutput(output)));
}

}  // namespace agentbox::review
