// Containers as `state` and `list` show them.
#pragma once

#include <string>
#include <vector>

#include "container/container.h"
#include "spec/state.h"

namespace agentbox::cli {

spec::ContainerState StateOf(const container::ContainerView& view);

// Columns as runc aligns them: at least 12 wide, with at least 3 blanks between.
std::string Table(const std::vector<std::vector<std::string>>& rows);

}  // namespace agentbox::cli
