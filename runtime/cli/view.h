// Containers as `state` and `list` show them.
#pragma once

#include <string>
#include <vector>

#include "container/container.h"
#include "json/writer.h"

namespace agentbox::cli {

// The members of runtime-spec's state, and runc's further ones: rootfs, created, owner.
void WriteView(json::Writer& writer, const container::ContainerView& view);

// The pid as users see it: 0 when there is no process any more.
pid_t PidOf(const container::ContainerView& view);

// Columns as runc aligns them: at least 12 wide, with at least 3 blanks between.
std::string Table(const std::vector<std::vector<std::string>>& rows);

}  // namespace agentbox::cli
