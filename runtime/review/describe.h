// Steps of an apply in words. Pure.
#pragma once

#include <string>

#include "review/merge.h"

namespace agentbox::review {

// What it does: "add", "change", "replace", "delete".
std::string Verb(const Step& step);

// What of it the tree does not get, or who applies it should know: "set-id bits left out, a
// symbolic link out of the tree". Empty: nothing.
std::string Notes(const Step& step);

// A line about a step that is to be done, or, where it is left out, why.
std::string Describe(const Step& step);

// A line about the tree, or the file, at `path`, of which nothing can be applied.
std::string DescribeSkipped(const std::string& path, const Error& why);

}  // namespace agentbox::review
