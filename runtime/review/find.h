// Which review a command line means. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "review/record.h"

namespace agentbox::review {

// Those that `word` means: the one of that name; else those of the container with that id; else
// those of engines' containers, whose ids have 64 hexadecimal digits, with an id that begins with
// it, of 4 digits or more.
std::vector<Record> Named(const std::vector<Record>& records, const std::string& word);

// The record that is Named `name`; for an empty name, of those with a tree that has the directory
// `cwd` in it or is below it, the one whose tree is the fewest levels away. kNotFound: there is
// none. kUsage, with the candidates: there are several, or several as near.
Result<Record> Find(const std::vector<Record>& records,
                    const std::string& name,
                    const std::string& cwd);

}  // namespace agentbox::review
