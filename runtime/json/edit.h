// Changes to a JSON text that leave every other byte of it as it is: order, white space, line ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::json {

// `text` with the string `value` at `keys`, one key for each level. A member that is missing
// becomes the last one of its object, written as those before it are; objects missing on the way
// are made. An empty text counts as {}. Besides the errors of Parse, kInvalidSpec where the text
// has something else than an object on the way, or than a string at the end.
Result<std::string> SetString(std::string_view text,
                              const std::vector<std::string>& keys,
                              std::string_view value);

// `text` without the member at `keys`, and without the objects around it that have nothing else,
// except the outermost. The same text where there is no such member.
Result<std::string> RemoveMember(std::string_view text, const std::vector<std::string>& keys);

}  // namespace agentbox::json
