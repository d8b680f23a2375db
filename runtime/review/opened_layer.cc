#include "review/opened_layer.h"

#include <cerrno>
#include <utility>

#include "kernel/mount.h"
#include "review/real_tree.h"

namespace agentbox::review {

Result<std::optional<OpenedLayer>> OpenLayer(const Review& review, const ReviewedMount& mount) {
  auto upper = review.OpenLayer(mount);
  if (!upper && upper.error().Errno() == ENOENT) return std::optional<OpenedLayer>();
  if (!upper) return Fail(upper.error());
  const UniqueFd source = TRY(OpenTree(mount.source));
  OpenedLayer opened = {.upper = *std::move(upper)};
  opened.tree = TRY(kernel::CloneTree(source.Get(), "", /*recursive=*/false));
  const Record& record = review.Contents();
  opened.layer.upper = opened.upper.Get();
  opened.layer.tree = opened.tree.Get();
  opened.layer.maps = record.maps;
  opened.layer.uses_user_xattrs = record.uses_user_xattrs;
  opened.layer.hidden = mount.hidden;
  opened.layer.emptied = mount.emptied;
  if (!mount.file.empty()) opened.layer.only = {mount.file};
  return std::optional(std::move(opened));
}

}  // namespace agentbox::review
