// Names and contents that an agent chose, for terminals and for the programs that read a diff: none
// of them can begin a line, or give an order to a terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace agentbox::review {

// How many bytes the character at the start of `text`, which is not empty, has; 0 if it is not safe
// to show: no UTF-8, a control character (C0, DEL, C1), or one that changes the direction of what
// is around it.
std::size_t ShownLength(std::string_view text);

// As git quotes the names that need it (core.quotePath=false): "a\nb\377", in double quotes; other
// names as they are.
std::string QuotedName(std::string_view name);

// The same, and in quotes also where there is a blank, at which patch(1) may end a name.
std::string QuotedWord(std::string_view name);

// One line of contents: what is not safe to show as "\x1b", but for tabs.
std::string Visible(std::string_view line);

// A whole JSON text, which has such characters in strings alone: those that JSON allows there as
// "\u009b".
std::string VisibleJson(std::string_view json);

}  // namespace agentbox::review
