// Changes to a TOML text that leave the rest of it as it is: order, comments, white space.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "toml/document.h"

namespace agentbox::toml {

// `lines` behind what is there, after an empty line, with the line ends of the text.
std::string Append(std::string_view text, const std::vector<std::string>& lines);

// `lines` in the table `table`, behind its last entry; the table is made at the end of the text
// where it has no header. Errors of Read; kInvalidSpec where a value is in the way.
Result<std::string> AddToTable(std::string_view text,
                               const Path& table,
                               const std::vector<std::string>& lines);

// The text with `literal` in the place of `value`, which is of its document.
std::string Replace(std::string_view text, const Value& value, std::string_view literal);

// `text` without what is at `path` and below: headers, entries, and the empty line before each
// header. Errors of Read; kInvalidSpec where a part is in an inline table.
Result<std::string> Remove(std::string_view text, const Path& path);

}  // namespace agentbox::toml
