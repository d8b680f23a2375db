// Changes as `diff` lists them: a line, or a JSON object, each. Pure.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "review/changes.h"

namespace agentbox::review {

// 'A', 'M', 'D', 'T', or 'm' for metadata alone.
char Letter(ChangeKind kind);

// The path as it is shown: quoted where needed, with a slash at the end of a directory's.
std::string ShownPath(const Change& change);

// What differs: "contents, mode 0644 to 0755"; empty where the letter says it all.
std::string Details(const Change& change);

// Its permissions, set-id and sticky bits: "0644".
std::string Octal(mode_t mode);

// "M  path  (contents, mode 0644 to 0755)", without a newline.
std::string ListLine(const Change& change);

// One line of JSON, without a newline; `tree` is the real tree's path.
std::string JsonLine(const Change& change, std::string_view tree);

}  // namespace agentbox::review
