#include "apply/environment.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

constexpr std::size_t kPasswdLimit = 1U << 20U;

// What a shell without PATH searches, and root's directories.
constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view NameOf(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::string_view ValueOf(const std::vector<std::string>& env, std::string_view name) {
  for (const std::string& variable : env) {
    if (NameOf(variable) == name && variable.size() > name.size()) {
      return std::string_view(variable).substr(name.size() + 1);
    }
  }
  return {};
}

Result<std::string> ReadPasswd(const UniqueFd& root) {
  // O_NONBLOCK: an image may have put a fifo there.
  const UniqueFd file = TRY(kernel::OpenInRoot(root, "etc/passwd", O_RDONLY | O_NONBLOCK));
  if (!S_ISREG(TRY(kernel::Stat(file.Get())).st_mode)) return std::string();
  return kernel::ReadAll(file.Get(), kPasswdLimit);
}

std::string Home(const UniqueFd& root, std::uint32_t uid) {
  const auto passwd = ReadPasswd(root);
  const std::string home = passwd ? HomeOf(*passwd, uid) : std::string();
  return home.empty() ? "/" : home;
}

// As Go's exec.LookPath, whose words engines look for.
Error NotExecutable(const std::string& name, int number) {
  if (number == EACCES || number == EPERM) {
    return Error::FromErrno(EACCES).Within("exec: " + Quoted(name) + ": permission denied");
  }
  if (number == EISDIR) {  // EACCES of execve(2), and Docker exits with 126 for that alone
    return Error::FromErrno(EACCES).Within("exec: " + Quoted(name) +
                                           ": is a directory: permission denied");
  }
  if (number == ENOENT) {
    return Error::FromErrno(ENOENT).Within("exec: " + Quoted(name) + ": stat " + name +
                                           ": no such file or directory");
  }
  return Error::FromErrno(number).Within("exec: " + Quoted(name) + ": stat " + name);
}

}  // namespace

std::string HomeOf(std::string_view passwd, std::uint32_t uid) {
  constexpr std::size_t kUid = 2;
  constexpr std::size_t kHome = 5;
  for (const std::string_view line : Split(passwd, '\n')) {
    const auto fields = Split(line, ':');
    if (fields.size() > kHome && ParseNumber<std::uint32_t>(fields[kUid]) == uid) {
      return std::string(fields[kHome]);
    }
  }
  return {};
}

std::vector<std::string> Environment(const UniqueFd& root,
                                     const std::vector<std::string>& env,
                                     std::uint32_t uid) {
  std::vector<std::string> result;
  for (const std::string& variable : env) {
    const auto same = std::ranges::find_if(
        result, [&](const std::string& other) { return NameOf(other) == NameOf(variable); });
    if (same != result.end()) {
      *same = variable;
    } else {
      result.push_back(variable);
    }
  }
  if (!ValueOf(result, "HOME").empty()) return result;
  std::erase_if(result, [](const std::string& variable) { return NameOf(variable) == "HOME"; });
  result.push_back("HOME=" + Home(root, uid));
  return result;
}

Result<std::string> FindExecutable(const std::string& name, const std::vector<std::string>& env) {
  if (name.find('/') != std::string::npos) {
    const auto executable = kernel::CheckExecutable(name);
    if (!executable) return Fail(NotExecutable(name, executable.error().Errno()));
    return name;
  }
  std::string_view path = ValueOf(env, "PATH");
  if (path.empty()) path = kDefaultPath;
  for (const std::string_view directory :
       name.empty() ? std::vector<std::string_view>() : Split(path, ':')) {
    // Not in the working directory, which an empty or relative entry would be: Go refuses it too.
    if (!directory.starts_with('/')) continue;
    const std::string candidate = std::string(directory) + "/" + name;
    if (kernel::CheckExecutable(candidate)) return candidate;
  }
  return Fail(Error::FromErrno(ENOENT).Within("exec: " + Quoted(name) +
                                              ": executable file not found in $PATH"));
}

}  // namespace agentbox::apply
