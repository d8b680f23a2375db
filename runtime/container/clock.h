// The time as state files and records have it.
#pragma once

#include <string>

namespace agentbox::container {

// RFC 3339, UTC, with nanoseconds.
std::string NowInUtc();

}  // namespace agentbox::container
