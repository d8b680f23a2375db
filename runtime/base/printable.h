// Text from outside for a terminal or a log.
#pragma once

#include <string>
#include <string_view>

namespace agentbox {

// `text` with control characters escaped ("\x1b"): what a user or an image put into a name neither
// begins a line of its own nor gives orders to a terminal. As Quoted, without the quotes.
std::string Printable(std::string_view text);

// `text` in quotation marks, with `escape` and two hexadecimal digits for control characters:
// "\\x", or "\\u00" as JSON and TOML have it.
std::string QuotedWith(std::string_view escape, std::string_view text);

}  // namespace agentbox
