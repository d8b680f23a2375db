// The marks by which overlayfs says in an upper directory what is not there any more, and where
// what is there comes from (Documentation/filesystems/overlayfs.rst): a whiteout is a character
// device 0:0, or an empty file with the attribute overlay.whiteout; a directory is opaque (it shows
// nothing of the lower one), or has been renamed (redirect); a file may have its contents in the
// lower directory (metacopy). The attributes are trusted.overlay.* or, of overlays that were
// mounted with userxattr, user.overlay.*.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace agentbox::review {

struct Marks {
  bool is_whiteout = false;
  bool is_opaque = false;
  bool is_metacopy = false;
  // Of what the entry is, or has its contents from: a name beside it, or, with a slash at its
  // start, a path from the lower root on.
  std::optional<std::string> redirect;
};

// Of `file` (may be O_PATH) in a layer. kRefused for a redirect that no overlay makes: with empty
// parts, "." or "..".
Result<Marks> ReadMarks(int file, const struct stat& status, bool uses_user_xattrs);

// What tells the file or directory of the lower directory that `file`, of a layer, was copied from,
// as kernel::HandleOf does. Empty: the layer does not say.
Result<std::string> ReadOrigin(int file, bool uses_user_xattrs);

// Says so of `name` in `directory`, which no overlay has copied. By a mark of our own below the
// overlay's prefix: a sandbox can neither see nor set it, and no overlay takes notice of it.
Result<void> WriteOrigin(int directory,
                         const std::string& name,
                         const std::string& handle,
                         bool uses_user_xattrs);

// Whether `file`, of a layer, was copied without attributes that are never applied; and says so, by
// another such mark.
Result<bool> LacksAttributes(int file, bool uses_user_xattrs);
Result<void> NoteLackOfAttributes(int directory, const std::string& name, bool uses_user_xattrs);

// Whether the attribute of that name is the overlay's own.
bool IsMark(std::string_view name, bool uses_user_xattrs);

}  // namespace agentbox::review
