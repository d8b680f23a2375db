#include "review/opened_layer.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "review/identity.h"
#include "review/real_tree.h"

namespace agentbox::review {
namespace {

// Whether there may be a change: without the tree no more can be told.
Result<bool> HasEntries(const UniqueFd& upper, const ReviewedMount& mount) {
  if (!mount.file.empty()) {
    const auto status = TRY(kernel::StatEntry(upper.Get(), mount.file));
    return status.has_value();
  }
  const UniqueFd readable = TRY(kernel::Open(upper.Get(), ".", O_RDONLY | O_DIRECTORY));
  const auto names = TRY(kernel::ListDirectory(readable.Get()));
  return !names.empty();
}

}  // namespace

bool IsTreeGone(const Error& error) {
  return error.Kind() == ErrorKind::kNotFound || IsTreeAnother(error);
}

bool IsTreeAnother(const Error& error) {
  return error.Kind() == ErrorKind::kRefused;
}

Result<UniqueFd> OpenTree(const ReviewedMount& mount, TreeRule rule) {
  UniqueFd tree = TRY(OpenTree(mount.source));
  if (rule == TreeRule::kShown) TRY(CheckIsShown(tree.Get(), mount.identity));
  return tree;
}

Result<std::optional<OpenedLayer>> OpenLayer(const Review& review,
                                             const ReviewedMount& mount,
                                             TreeRule rule) {
  auto directory = review.OpenLayers(mount);
  if (!directory && directory.error().Errno() == ENOENT) return std::optional<OpenedLayer>();
  if (!directory) return Fail(std::move(directory).error());
  auto upper = kernel::OpenBeneath(directory->Get(), "upper", O_PATH | O_DIRECTORY);
  if (!upper && upper.error().Errno() == ENOENT) return std::optional<OpenedLayer>();
  if (!upper) return Fail(std::move(upper).error());
  auto source = OpenTree(mount, rule);
  if (!source && IsTreeGone(source.error())) {
    const bool has_entries = TRY(HasEntries(*upper, mount));
    if (!has_entries) return std::optional<OpenedLayer>();
  }
  if (!source) return Fail(std::move(source).error());
  OpenedLayer opened = {.directory = *std::move(directory), .upper = *std::move(upper)};
  opened.tree = TRY(kernel::CloneTree(source->Get(), "", /*recursive=*/false));
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
