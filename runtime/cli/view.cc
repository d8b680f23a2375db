#include "cli/view.h"

#include <algorithm>

namespace agentbox::cli {

spec::ContainerState StateOf(const container::ContainerView& view) {
  const container::StateFile& file = view.state;
  const bool has_process = view.status != container::Status::kStopped;
  return {.state = {.oci_version = file.oci_version,
                    .id = file.id,
                    .status = std::string(container::Name(view.status)),
                    .pid = has_process ? file.pid : 0,
                    .bundle = file.bundle,
                    .annotations = file.annotations},
          .rootfs = file.rootfs,
          .created = file.created,
          .owner = file.owner};
}

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  constexpr std::size_t kLeastWidth = 12;
  constexpr std::size_t kPadding = 3;
  std::vector<std::size_t> widths(rows.front().size(), kLeastWidth);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size() + kPadding);
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string cell = row[i];
      if (i + 1 < row.size()) cell.resize(widths[i], ' ');
      text += cell;
    }
    text += '\n';
  }
  return text;
}

}  // namespace agentbox::cli
