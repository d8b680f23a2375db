// Which system a root file system is of, by its os-release(5): "debian 12". It is an image's, and
// for a person to read.
#pragma once

#include <string>
#include <string_view>

namespace agentbox::container {

// ID and VERSION_ID of the text of the file; empty: it has no ID. Pure.
std::string SystemIn(std::string_view os_release);

// Of the root file system `root`, where empty is the host's own. Empty where it does not tell, or
// is not there any more.
std::string SystemOf(const std::string& root);

}  // namespace agentbox::container
