// Which review a command line means. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "review/record.h"

namespace agentbox::review {

// The record named `name`; for an empty name the only one with a tree that has the directory `cwd`
// in it or below which it is. kNotFound: there is none. kUsage, with the candidates: there are
// several.
Result<Record> Find(const std::vector<Record>& records,
                    const std::string& name,
                    const std::string& cwd);

}  // namespace agentbox::review
