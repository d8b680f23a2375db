#include "container/template_freeze.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <utility>

#include "base/strings.h"
#include "container/clock.h"
#include "container/layer_walk.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/remove_tree.h"

namespace agentbox::container {
namespace {

constexpr std::uint64_t kStatBlock = 512;  // of st_blocks (stat(2))

// Where apply/throwaway.h makes the upper layer of a root file system.
constexpr const char* kRootLayers = "root";
constexpr const char* kUpper = "upper";

Result<UniqueFd> OpenLayers(const std::string& scratch) {
  const UniqueFd directory =
      TRY(kernel::Open(AT_FDCWD, scratch, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  auto layers = kernel::OpenBeneath(directory.Get(), kRootLayers, O_RDONLY | O_DIRECTORY);
  if (layers && TRY(kernel::Exists(layers->Get(), kUpper))) return layers;
  if (!layers && layers.error().Errno() != ENOENT) return layers;
  return Fail(Error(ErrorKind::kUnsupported,
                    "its root file system has no layer on disk: that takes rootfs \"throwaway\" "
                    "and scratch.kind \"disk\", and it can be taken only once"));
}

// The setup may have moved a directory away and put anything in its place.
Result<void> Empty(const UniqueFd& layer, const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "." : path.substr(0, slash);
  const auto parent = kernel::OpenBeneath(layer.Get(), above, O_RDONLY | O_DIRECTORY);
  if (!parent) {
    const int why = parent.error().Errno();
    if (why == ENOENT || why == ENOTDIR || why == ELOOP) return {};
    return Fail(parent.error());
  }
  return kernel::RemoveTree(parent->Get(), path.substr(slash + 1));
}

Result<bool> IsWritten(const std::string& upper) {
  const auto directory = kernel::Open(AT_FDCWD, upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory && directory.error().Errno() == ENOENT) return false;
  if (!directory) return Fail(directory.error());
  const std::vector<std::string> names = TRY(kernel::ListDirectory(directory->Get()));
  return !names.empty();
}

// The setup may have put anything in its place, which is no directory of files then.
Result<bool> IsWrittenBeneath(const UniqueFd& layer, const std::string& path) {
  const auto directory = kernel::OpenBeneath(layer.Get(), path, O_RDONLY | O_DIRECTORY);
  if (!directory) return false;
  const std::vector<std::string> names = TRY(kernel::ListDirectory(directory->Get()));
  return !names.empty();
}

}  // namespace

Result<void> Measure(const UniqueFd& layer, TemplateRecord& record) {
  std::set<ino_t> linked;
  return WalkLayer(layer, [&](const LayerEntry& entry) -> Result<void> {
    ++record.files;
    const bool is_linked = !S_ISDIR(entry.status.st_mode) && entry.status.st_nlink > 1;
    if (is_linked && !linked.insert(entry.status.st_ino).second) return {};
    record.size += static_cast<std::uint64_t>(entry.status.st_blocks) * kStatBlock;
    return {};
  });
}

Result<std::vector<std::string>> WrittenBeside(const plan::SandboxPlan& plan) {
  std::vector<std::string> written;
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    const plan::MountStep& step = plan.mounts[i];
    if (!std::holds_alternative<plan::ThrowawayMount>(step.what)) continue;
    const std::string layers = plan.scratch.directory + "/mount-" + std::to_string(i);
    const bool is_written = TRY(IsWritten(layers + "/" + kUpper));
    if (is_written) written.push_back(step.destination);
  }
  return written;
}

Result<std::vector<std::string>> WrittenToEmptied(const FreezeRequest& request) {
  std::vector<std::string> written;
  const UniqueFd layers = TRY(OpenLayers(request.scratch));
  for (const std::string& path : request.emptied) {
    const bool is_written = TRY(IsWrittenBeneath(layers, std::string(kUpper) + "/" + path));
    if (is_written) written.push_back("/" + path);
  }
  return written;
}

Result<TemplateRecord> Freeze(FreezeRequest request) {
  TemplateRecord& record = request.record;
  const UniqueFd layers = TRY(OpenLayers(request.scratch));
  const UniqueFd layer = TRY(kernel::OpenBeneath(layers.Get(), kUpper, O_RDONLY | O_DIRECTORY));
  for (const std::string& path : request.emptied)
    TRY_WITHIN(Empty(layer, path), Quoted(path));
  TRY_WITHIN(Measure(layer, record), "looking through the layer");
  record.created = NowInUtc();
  NewTemplate made = TRY(NewTemplate::Begin(request.store, record.name));
  TRY(made.Describe(record));
  TRY(made.Take(layers, "layer"));
  TRY(made.Finish());
  return std::move(record);
}

}  // namespace agentbox::container
