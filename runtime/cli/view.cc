#include "cli/view.h"

#include <algorithm>

namespace agentbox::cli {

using container::Status;

pid_t PidOf(const container::ContainerView& view) {
  return view.status == Status::kStopped ? 0 : view.state.pid;
}

void WriteView(json::Writer& writer, const container::ContainerView& view) {
  writer.BeginObject();
  writer.Member("ociVersion", view.state.oci_version);
  writer.Member("id", view.state.id);
  writer.Member("pid", PidOf(view));
  writer.Member("status", Name(view.status));
  writer.Member("bundle", view.state.bundle);
  writer.Member("rootfs", view.state.rootfs);
  writer.Member("created", view.state.created);
  if (!view.state.annotations.empty()) writer.Member("annotations", view.state.annotations);
  writer.Member("owner", view.state.owner);
  writer.End();
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
