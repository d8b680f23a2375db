#include "container/held_directories.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apply/mount_aliases.h"
#include "kernel/file.h"
#include "kernel/mount_table.h"
#include "kernel/path.h"
#include "plan/mounts.h"

namespace agentbox::container {
namespace {

using plan::BindMount;
using plan::IsAtOrBelow;
using plan::MountStep;

// A directory of the host's with what is on the same mount below it, as one mount of the sandbox
// shows it.
struct ShownTree {
  std::size_t later = 0;     // the first step that is made after its own
  std::uint64_t device = 0;  // the file system, and where in it
  std::string inside;
  std::string place;  // in the sandbox
  bool is_layer = false;
  bool is_writable = false;  // the host's directory itself
};

bool IsBelow(const std::string& path, const std::string& directory) {
  return path != directory && IsAtOrBelow(path, directory);
}

// What of `path` comes after `directory`: "/a/b", or nothing.
std::string Rest(const std::string& path, const std::string& directory) {
  return path == directory ? "" : path.substr(directory == "/" ? 0 : directory.size());
}

std::string Join(const std::string& directory, const std::string& rest) {
  if (rest.empty()) return directory;
  return directory == "/" ? rest : directory + rest;
}

class Holder {
 public:
  Holder(std::vector<kernel::MountEntry> mounts, plan::SandboxPlan& plan)
      : mounts_(std::move(mounts)), plan_(plan) {}

  void Run() {
    AddRoot();
    for (const MountStep& step : plan_.mounts)
      AddStep(step);
    for (const plan::DeniedPath& denied : plan_.masked_paths.denied)
      HoldAbove(denied);
  }

 private:
  void AddRoot() {
    const bool is_tree = plan_.rootfs.is_whole_tree;
    Add(plan_.rootfs.path, {.place = "/", .is_layer = !is_tree}, is_tree);
  }

  void AddStep(const MountStep& step) {
    ShownTree tree = {.later = static_cast<std::size_t>(&step - plan_.mounts.data()) + 1,
                      .place = step.destination};
    if (const auto* const bind = std::get_if<BindMount>(&step.what)) {
      const std::uint64_t set = step.attributes.set | step.attributes_below.set;
      tree.is_writable = (set & ~step.attributes.clear & MOUNT_ATTR_RDONLY) == 0;
      Add(bind->source, tree, bind->recursive);
      return;
    }
    tree.is_layer = true;
    if (const auto* const layer = std::get_if<plan::ThrowawayMount>(&step.what)) {
      Add(layer->source, tree, /*is_recursive=*/false);
    } else if (const auto* const overlay = std::get_if<plan::OverlayMount>(&step.what)) {
      for (const std::string& lower : overlay->lower)
        Add(lower, tree, /*is_recursive=*/false);
      if (!overlay->upper.empty()) Add(overlay->upper, tree, /*is_recursive=*/false);
    }
  }

  // Nothing can be moved into a file.
  void Add(const std::string& source, ShownTree tree, bool is_recursive) {
    const auto path = kernel::RealPath(source);
    if (!path || !kernel::Open(AT_FDCWD, *path, O_PATH | O_DIRECTORY)) return;
    const kernel::MountEntry* const mount = apply::MountOf(*path, mounts_);
    if (mount == nullptr) return;
    tree.device = mount->device;
    tree.inside = Join(mount->root, Rest(*path, mount->target));
    trees_.push_back(tree);
    if (!is_recursive) return;
    const std::string place = tree.place;
    for (const kernel::MountEntry& below : mounts_) {
      if (!IsBelow(below.target, *path)) continue;
      tree.device = below.device;
      tree.inside = below.root;
      tree.place = Join(place, Rest(below.target, *path));
      // "ro" is about the mount itself.
      if (tree.later > 0) {
        const MountStep& step = plan_.mounts[tree.later - 1];
        tree.is_writable = (step.attributes_below.set & MOUNT_ATTR_RDONLY) == 0;
      }
      trees_.push_back(tree);
    }
  }

  // The part of step `index` that shows `place`; null: none that can be written to.
  const ShownTree* TreeAt(std::size_t index, const std::string& place) const {
    const ShownTree* found = nullptr;
    for (const ShownTree& tree : trees_) {
      if (tree.later != index + 1 || !IsAtOrBelow(place, tree.place)) continue;
      if (found == nullptr || tree.place.size() >= found->place.size()) found = &tree;
    }
    return found != nullptr && found->is_writable ? found : nullptr;
  }

  void HoldAbove(const plan::DeniedPath& denied) {
    const auto slash = denied.path.rfind('/');
    if (!denied.is_covered || slash == std::string::npos) return;
    const auto step = std::find_if(
        plan_.mounts.rbegin(), plan_.mounts.rend(), [&denied](const MountStep& candidate) {
          return candidate.destination == denied.mount;
        });
    if (step == plan_.mounts.rend()) return;
    auto* const bind = std::get_if<BindMount>(&step->what);
    const auto index = static_cast<std::size_t>(&*step - plan_.mounts.data());
    const std::string parent = Join(denied.mount, "/" + denied.path.substr(0, slash));
    const ShownTree* const tree = bind == nullptr ? nullptr : TreeAt(index, parent);
    // The root of a mount stays where it is.
    if (tree == nullptr || parent == tree->place || !IsUncovered(*tree, parent)) return;
    for (std::string at = parent; at != tree->place; at = at.substr(0, at.rfind('/'))) {
      const std::string path = Rest(at, denied.mount).substr(1);
      if (std::ranges::find(bind->held, path) == bind->held.end()) bind->held.push_back(path);
      if (at.rfind('/') == 0) break;
    }
    std::ranges::sort(bind->held);
  }

  // Whether renames in `tree` could show what is covered in the directory `parent` elsewhere.
  bool IsUncovered(const ShownTree& tree, const std::string& parent) const {
    const std::string inside = Join(tree.inside, Rest(parent, tree.place));
    return std::ranges::any_of(trees_, [&](const ShownTree& other) {
      if (&other == &tree || other.device != tree.device) return false;
      const bool has_file = IsAtOrBelow(inside, other.inside);
      // A cover in `other` goes with its directory, too; in the root of a layer nothing is renamed.
      if (has_file && (!other.is_layer || inside == other.inside)) return false;
      // No directory can be moved into what is in it.
      if (!has_file && (!IsBelow(other.inside, tree.inside) || IsAtOrBelow(other.inside, inside)))
        return false;
      return !IsCovered(other, tree);
    });
  }

  // What of `other` the renames in `tree` change is not to be seen for a later mount.
  bool IsCovered(const ShownTree& other, const ShownTree& tree) const {
    const bool is_within = IsAtOrBelow(other.inside, tree.inside);
    const std::string place =
        is_within ? other.place : Join(other.place, Rest(tree.inside, other.inside));
    return std::any_of(
        plan_.mounts.begin() + static_cast<std::ptrdiff_t>(other.later),
        plan_.mounts.end(),
        [&place](const MountStep& later) { return IsAtOrBelow(place, later.destination); });
  }

  std::vector<kernel::MountEntry> mounts_;
  plan::SandboxPlan& plan_;
  std::vector<ShownTree> trees_;
};

}  // namespace

Result<void> HoldDirectories(plan::SandboxPlan& plan) {
  const auto& all = plan.masked_paths.denied;
  const bool has_inner = std::ranges::any_of(all, [](const plan::DeniedPath& denied) {
    return denied.is_covered && denied.path.find('/') != std::string::npos;
  });
  if (!has_inner) return {};
  Holder(TRY(kernel::ReadMountTable()), plan).Run();
  return {};
}

}  // namespace agentbox::container
