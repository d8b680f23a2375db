#include "review/marks.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "kernel/inode.h"
#include "kernel/xattr.h"

namespace agentbox::review {
namespace {

constexpr const char* kOwnOrigin = "agentbox.origin";
constexpr const char* kLack = "agentbox.lack";

std::string_view Prefix(bool uses_user_xattrs) {
  return uses_user_xattrs ? "user.overlay." : "trusted.overlay.";
}

bool IsPlainRedirect(std::string_view redirect) {
  const bool is_absolute = redirect.starts_with('/');
  const auto parts = Split(redirect.substr(is_absolute ? 1 : 0), '/');
  if (!is_absolute && parts.size() != 1) return false;
  if (redirect.find('\0') != std::string_view::npos) return false;
  return std::ranges::none_of(
      parts, [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

Result<std::optional<std::string>> ReadRedirect(int file, const std::string& name) {
  auto redirect = TRY(kernel::ReadXattr(file, name));
  if (redirect && !IsPlainRedirect(*redirect)) {
    return Fail(Error(
        ErrorKind::kRefused,
        "the layer is damaged: " + name + " is " + Quoted(*redirect) + ", which no overlay makes"));
  }
  return redirect;
}

// The handle in an overlay.origin: struct ovl_fb of the kernel is version, magic, length, flags,
// kind, a UUID of 16 bytes, and the handle. Empty: the kernel had none.
std::string HandleIn(const std::string& origin) {
  constexpr std::size_t kKind = 4;
  constexpr std::size_t kHandle = 21;
  if (origin.size() <= kHandle) return {};
  return origin[kKind] + origin.substr(kHandle);
}

}  // namespace

Result<Marks> ReadMarks(int file, const struct stat& status, bool uses_user_xattrs) {
  Marks marks;
  marks.is_whiteout = S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return marks;
  const std::string prefix(Prefix(uses_user_xattrs));
  const std::vector<std::string> names = TRY(kernel::ListXattrs(file));
  const auto has = [&](std::string_view mark) {
    return std::ranges::find(names, prefix + std::string(mark)) != names.end();
  };
  if (S_ISDIR(status.st_mode)) {
    // "x" says that there are whiteouts by attribute in it, which are looked for anyhow.
    if (has("opaque")) marks.is_opaque = TRY(kernel::ReadXattr(file, prefix + "opaque")) == "y";
  } else {
    marks.is_whiteout = status.st_size == 0 && has("whiteout");
    marks.is_metacopy = has("metacopy");
  }
  if (has("redirect")) marks.redirect = TRY(ReadRedirect(file, prefix + "redirect"));
  return marks;
}

Result<std::string> ReadOrigin(int file, bool uses_user_xattrs) {
  const std::string prefix(Prefix(uses_user_xattrs));
  const auto origin = TRY(kernel::ReadXattr(file, prefix + "origin"));
  if (origin) return HandleIn(*origin);
  return TRY(kernel::ReadXattr(file, prefix + kOwnOrigin)).value_or(std::string());
}

Result<void> WriteOrigin(int directory,
                         const std::string& name,
                         const std::string& handle,
                         bool uses_user_xattrs) {
  const std::string mark = std::string(Prefix(uses_user_xattrs)) + kOwnOrigin;
  return kernel::SetXattr(directory, name, mark, handle);
}

Result<bool> LacksAttributes(int file, bool uses_user_xattrs) {
  const auto mark = TRY(kernel::ReadXattr(file, std::string(Prefix(uses_user_xattrs)) + kLack));
  return mark.has_value();
}

Result<void> NoteLackOfAttributes(int directory, const std::string& name, bool uses_user_xattrs) {
  return kernel::SetXattr(directory, name, std::string(Prefix(uses_user_xattrs)) + kLack, "y");
}

bool IsMark(std::string_view name, bool uses_user_xattrs) {
  return name.starts_with(Prefix(uses_user_xattrs));
}

}  // namespace agentbox::review
