#include "container/taken_layers.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "kernel/remove_tree.h"

namespace agentbox::container {
namespace {

constexpr const char* kTaken = "taken";
constexpr const char* kPlace = ".place";
constexpr const char* kUpper = "upper";

std::string AboveOf(const std::string& place) {
  const auto slash = place.rfind('/');
  return slash == std::string::npos ? "." : place.substr(0, slash);
}

std::string NameOf(const std::string& place) {
  return place.substr(place.rfind('/') + 1);
}

Result<UniqueFd> OpenAbove(const UniqueFd& directory, const std::string& place) {
  return kernel::OpenBeneath(directory.Get(), AboveOf(place), O_PATH | O_DIRECTORY);
}

// On disk before the layer is moved: after a crash, too, it is known where that belongs.
Result<void> WriteDown(const UniqueFd& directory,
                       const std::string& origin,
                       const std::string& place) {
  const auto made = kernel::MakeDirectory(directory.Get(), kTaken, S_IRWXU);
  if (!made && made.error().Errno() != EEXIST) return made;
  const UniqueFd taken = TRY(kernel::OpenBeneath(directory.Get(), kTaken, O_RDONLY | O_DIRECTORY));
  const auto number = std::to_string(TRY(kernel::ListDirectory(taken.Get())).size() / 2);
  TRY(kernel::MakeSymlink(place, taken.Get(), number + kPlace));
  TRY(kernel::MakeSymlink(origin, taken.Get(), number));
  TRY(kernel::Synchronize(taken.Get()));
  return kernel::Synchronize(directory.Get());
}

Result<void> GiveBack(const UniqueFd& directory,
                      const std::string& origin,
                      const std::string& place) {
  const UniqueFd above = TRY(OpenAbove(directory, place));
  // Killed before it was moved, or after it was moved back.
  if (!TRY(kernel::StatEntry(above.Get(), NameOf(place)))) return {};
  const auto layers = kernel::Open(AT_FDCWD, origin, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!layers && layers.error().Errno() == ENOENT) return {};
  if (!layers) return Fail(layers.error());
  return kernel::MoveEntry(above.Get(), NameOf(place), layers->Get(), kUpper, RENAME_NOREPLACE);
}

}  // namespace

Result<void> TakeLayer(const UniqueFd& directory,
                       const UniqueFd& layers,
                       const std::string& place) {
  const UniqueFd above = TRY(OpenAbove(directory, place));
  const std::string origin = TRY(kernel::PathOf(layers.Get()));
  TRY(WriteDown(directory, origin, place));
  return kernel::MoveEntry(layers.Get(), kUpper, above.Get(), NameOf(place), RENAME_NOREPLACE);
}

Result<void> GiveLayersBack(const UniqueFd& directory) {
  const auto taken = kernel::OpenBeneath(directory.Get(), kTaken, O_RDONLY | O_DIRECTORY);
  if (!taken && taken.error().Errno() == ENOENT) return {};
  if (!taken) return Fail(taken.error());
  for (const std::string& number : TRY(kernel::ListDirectory(taken->Get()))) {
    if (number.ends_with(kPlace)) continue;
    const std::string origin = TRY(kernel::ReadLink(taken->Get(), number));
    const std::string place = TRY(kernel::ReadLink(taken->Get(), number + kPlace));
    TRY_WITHIN(GiveBack(directory, origin, place), "giving back the layer of " + origin);
  }
  return {};
}

Result<void> KeepLayers(const UniqueFd& directory) {
  return kernel::RemoveTree(directory.Get(), kTaken);
}

}  // namespace agentbox::container
