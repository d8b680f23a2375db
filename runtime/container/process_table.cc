#include "container/process_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/process.h"
#include "kernel/spawn.h"

namespace agentbox::container {
namespace {

std::vector<std::string_view> Fields(std::string_view line) {
  auto fields = Split(line, ' ');
  std::erase(fields, std::string_view());
  return fields;
}

Result<std::string> FindPs() {
  for (const char* path : {"/usr/bin/ps", "/bin/ps", "/usr/local/bin/ps"}) {
    if (TRY(kernel::Exists(AT_FDCWD, path))) return std::string(path);
  }
  return Fail(Error(ErrorKind::kUnsupported,
                    "ps(1) is not installed (package procps); --format json lists the pids"));
}

}  // namespace

Result<std::string> SelectRows(std::string_view table, const std::vector<pid_t>& pids) {
  const auto lines = Split(table, '\n');
  const auto heading = Fields(lines.front());
  const auto column = std::ranges::find(heading, "PID");
  if (column == heading.end()) {
    return Fail(Error(ErrorKind::kUsage, "the output of ps(1) has no PID column by these options"));
  }
  const auto index = static_cast<std::size_t>(column - heading.begin());
  std::string rows = std::string(lines.front()) + "\n";
  for (const std::string_view line : lines) {
    const auto fields = Fields(line);
    const auto pid = index < fields.size() ? ParseNumber<pid_t>(fields[index]) : std::nullopt;
    const bool is_one = pid && std::ranges::find(pids, *pid) != pids.end();
    if (is_one) rows += std::string(line) + "\n";
  }
  return rows;
}

Result<std::string> ProcessTable(const std::vector<pid_t>& pids,
                                 const std::vector<std::string>& options) {
  kernel::Program program;
  program.path = TRY(FindPs());
  program.args = {"ps"};
  program.args.insert(program.args.end(), options.begin(), options.end());
  kernel::Pipe pipe = TRY(kernel::MakePipe());
  program.output = pipe.writer.Get();
  program.errors = STDERR_FILENO;
  const kernel::Child ps = TRY(kernel::Spawn(program));
  pipe.writer.Reset();
  const std::string table = TRY(kernel::ReadToEnd(pipe.reader.Get()));
  const kernel::ExitStatus status = TRY(kernel::Wait(ps.pidfd));
  if (status.ShellCode() != 0) {
    return Fail(Error(ErrorKind::kUsage, "ps(1) ended with " + std::to_string(status.ShellCode())));
  }
  return SelectRows(table, pids);
}

}  // namespace agentbox::container
