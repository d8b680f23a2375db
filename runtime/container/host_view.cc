#include "container/host_view.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "base/strings.h"
#include "plan/mount_modes.h"

namespace agentbox::container {
namespace {

using plan::IsAtOrBelow;
using plan::MountStep;

// Made new in every sandbox, whatever the host has there.
constexpr std::array<std::string_view, 4> kFresh = {"/proc", "/sys", "/dev", "/run"};

// Too much of the host to be written to by accident.
constexpr std::array<std::string_view, 16> kNeverDirect = {"/",
                                                           "/bin",
                                                           "/boot",
                                                           "/etc",
                                                           "/home",
                                                           "/lib",
                                                           "/lib64",
                                                           "/opt",
                                                           "/run",
                                                           "/sbin",
                                                           "/srv",
                                                           "/tmp",
                                                           "/usr",
                                                           "/var",
                                                           "/var/lib",
                                                           "/var/tmp"};

// Kernel interfaces, and file systems whose files come over a network or from another process: none
// of them is the user's own disk, and most can not be the lower layer of an overlay.
constexpr std::array<std::string_view, 20> kKernelTypes = {
    "autofs", "binfmt_misc", "bpf",        "cgroup",    "cgroup2", "configfs", "debugfs",
    "devpts", "devtmpfs",    "efivarfs",   "fusectl",   "mqueue",  "nsfs",     "proc",
    "pstore", "rpc_pipefs",  "securityfs", "selinuxfs", "sysfs",   "tracefs"};
constexpr std::array<std::string_view, 13> kNetworkTypes = {"9p",
                                                            "afs",
                                                            "ceph",
                                                            "cifs",
                                                            "glusterfs",
                                                            "lustre",
                                                            "ncpfs",
                                                            "nfs",
                                                            "nfs4",
                                                            "smb3",
                                                            "smbfs",
                                                            "sshfs",
                                                            "virtiofs"};
constexpr std::array<std::string_view, 2> kDiscTypes = {"iso9660", "udf"};

enum class Showing {
  kThrowaway,
  kFile,    // a single file: bound read-only
  kSilent,  // left out, and nobody misses it
  kKernel,  // the sandbox has its own, or none
  kBoot,
  kNetwork,
  kRemovable,
  kNested,    // an overlay besides the root: another container's
  kUnmapped,  // ids can not be mapped
};

template <typename List>
bool IsOneOf(std::string_view text, const List& list) {
  return std::ranges::find(list, text) != list.end();
}

template <typename List>
bool IsBelowOneOf(const std::string& path, const List& directories) {
  return std::ranges::any_of(directories, [&path](const auto& directory) {
    return IsAtOrBelow(path, std::string(directory));
  });
}

bool IsNetwork(std::string_view type) {
  return IsOneOf(type, kNetworkTypes) || type.starts_with("fuse");
}

// The mounts that can be seen: a later one on the same directory, or above it, covers an earlier.
std::vector<HostMount> Visible(const std::vector<HostMount>& mounts) {
  std::vector<HostMount> visible;
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const bool is_covered = std::any_of(
        mounts.begin() + static_cast<std::ptrdiff_t>(i) + 1,
        mounts.end(),
        [&](const HostMount& later) { return IsAtOrBelow(mounts[i].target, later.target); });
    if (!is_covered) visible.push_back(mounts[i]);
  }
  return visible;
}

// The mount of `mounts` that `path` is on: the one with the longest target.
const HostMount* MountOf(const std::vector<HostMount>& mounts, const std::string& path) {
  const HostMount* found = nullptr;
  for (const HostMount& mount : mounts) {
    if (!IsAtOrBelow(path, mount.target)) continue;
    if (found == nullptr || mount.target.size() > found->target.size()) found = &mount;
  }
  return found;
}

class Planner {
 public:
  Planner(const HostSurvey& survey, policy::MountMode workspace)
      : survey_(survey), workspace_(workspace), mounts_(Visible(survey.mounts)) {}

  Result<HostView> Plan() {
    TRY(CheckWorkspace(survey_, workspace_));
    view_.cwd = survey_.cwd;
    for (const HostMount& mount : mounts_)
      TRY(Show(mount));
    ShowWorkspace();
    ShowExceptions();
    std::ranges::stable_sort(view_.mounts, {}, &MountStep::destination);
    HideAndEmpty();
    NoteLeftOut();
    return std::move(view_);
  }

 private:
  bool IsDirect() const { return workspace_ == policy::MountMode::kDirect; }
  bool IsReadonly() const { return workspace_ == policy::MountMode::kReadonly; }

  // The root file system's own layer is not kept.
  bool IsReviewed(const std::string& path) const {
    return workspace_ == policy::MountMode::kReview && survey_.cwd != "/" &&
           IsAtOrBelow(path, survey_.cwd);
  }

  bool IsHidden(const std::string& path) const { return container::IsHidden(survey_, path); }

  // Below a directory that begins empty, and not of the working directory's.
  bool IsEmptied(const std::string& path) const {
    return IsBelowOneOf(path, survey_.temporary) && !IsAtOrBelow(path, survey_.cwd);
  }

  Showing HowToShow(const HostMount& mount) const {
    const std::string& target = mount.target;
    const bool has_workspace = &mount == MountOf(mounts_, survey_.cwd);
    if (IsHidden(target)) return Showing::kSilent;
    if (IsEmptied(target) && !has_workspace) return Showing::kSilent;
    if (IsBelowOneOf(target, kFresh) && !has_workspace) return Showing::kSilent;
    if (IsOneOf(mount.type, kKernelTypes)) return Showing::kKernel;
    if (!has_workspace) {
      if (IsBelowOneOf(target, std::array<std::string, 2>{"/boot", "/efi"})) return Showing::kBoot;
      if (IsNetwork(mount.type)) return Showing::kNetwork;
      if (IsOneOf(mount.type, kDiscTypes) || IsAtOrBelow(target, "/media"))
        return Showing::kRemovable;
      if (mount.type == "overlay") return Showing::kNested;
    }
    if (!mount.can_be_lower) return Showing::kUnmapped;
    return mount.is_directory ? Showing::kThrowaway : Showing::kFile;
  }

  Result<void> Show(const HostMount& mount) {
    if (mount.target == "/") return {};
    const Showing how = HowToShow(mount);
    if (&mount == MountOf(mounts_, survey_.cwd) && how != Showing::kThrowaway) {
      return Fail(Error(ErrorKind::kUnsupported,
                        "the working directory " + Quoted(survey_.cwd) + " is on " + mount.target +
                            " (" + mount.type +
                            "), over which no throwaway layer can be laid here"));
    }
    // The working directory's own mount in /tmp or /run is shown from the working directory on.
    if (IsEmptied(mount.target) || IsBelowOneOf(mount.target, kFresh)) return {};
    switch (how) {
      case Showing::kThrowaway:
        AddThrowaway(mount.target);
        break;
      case Showing::kFile:
        AddFile(mount.target, "host mount " + mount.target);
        break;
      case Showing::kSilent:
      case Showing::kKernel:
        break;
      case Showing::kBoot:
      case Showing::kNetwork:
      case Showing::kRemovable:
      case Showing::kNested:
      case Showing::kUnmapped:
        left_out_[how].push_back(mount.target + " (" + mount.type + ")");
        break;
    }
    return {};
  }

  void AddThrowaway(const std::string& path) {
    MountStep step = {.origin = "host mount " + path, .destination = path};
    step.what = plan::ThrowawayMount{
        .source = path, .kept_as = IsReviewed(path) ? plan::NextLayer(view_.mounts) : ""};
    step.attributes.set = MOUNT_ATTR_NODEV;
    if (IsReadonly() && IsAtOrBelow(path, survey_.cwd)) step.attributes.set |= MOUNT_ATTR_RDONLY;
    view_.mounts.push_back(std::move(step));
  }

  void AddFile(const std::string& path, std::string origin) {
    MountStep step = {.origin = std::move(origin), .destination = path};
    step.what = plan::BindMount{.source = path};
    step.attributes.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    view_.mounts.push_back(std::move(step));
  }

  bool HasStep(const std::string& path) const {
    return std::ranges::find(view_.mounts, path, &MountStep::destination) != view_.mounts.end();
  }

  // The working directory as a mount of its own, where it needs one: to be written through, to be
  // read-only, to have its layer kept, or because what is around it begins empty.
  void ShowWorkspace() {
    const std::string& cwd = survey_.cwd;
    if (IsDirect()) {
      std::erase_if(view_.mounts,
                    [&cwd](const MountStep& step) { return step.destination == cwd; });
      MountStep step = {.origin = "--direct", .destination = cwd};
      step.what = plan::BindMount{.source = cwd};
      step.attributes.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
      view_.mounts.push_back(std::move(step));
      NoteOtherFilesystems();
      return;
    }
    if (cwd == "/") {
      view_.readonly = IsReadonly();
      return;
    }
    const bool is_below_temporary =
        IsBelowOneOf(cwd, survey_.temporary) && !IsOneOf(cwd, survey_.temporary);
    const bool needs_mount =
        IsReadonly() || IsReviewed(cwd) || is_below_temporary || IsAtOrBelow(cwd, "/run");
    if (!needs_mount || HasStep(cwd)) return;
    AddThrowaway(cwd);
    view_.mounts.back().origin = IsReadonly() ? "--readonly" : "working directory";
  }

  // --direct is for what is on the working directory's own file system.
  void NoteOtherFilesystems() {
    for (const MountStep& step : view_.mounts) {
      if (step.destination == survey_.cwd || !IsAtOrBelow(step.destination, survey_.cwd)) continue;
      view_.notes.push_back("another file system: what is written below " + step.destination +
                            " is thrown away");
    }
  }

  // What is shown although what is around it is hidden.
  void ShowExceptions() {
    for (const std::string& path : survey_.shown) {
      if (const std::string* const rule = RuleDenying(survey_, path)) {
        view_.notes.push_back("not shown: " + path + ": it is denied (" + *rule + ")");
        continue;
      }
      const bool is_within_hidden = std::ranges::any_of(survey_.hidden, [&](const auto& hidden) {
        return path != hidden && IsAtOrBelow(path, hidden) && !IsBelowOneOf(hidden, survey_.shown);
      });
      if (!is_within_hidden || HasStep(path)) continue;
      AddFile(path, "do.show");
      // A symlink stays one: what it leads to is shown where it is, or is not, by its own path.
      std::get<plan::BindMount>(view_.mounts.back().what).source_nofollow = true;
      view_.mounts.back().destination_nofollow = true;
    }
  }

  // The deepest mount that `path` is on or below; null: the root's.
  MountStep* StepOf(const std::string& path) {
    MountStep* found = nullptr;
    for (MountStep& step : view_.mounts) {
      if (path != step.destination && IsAtOrBelow(path, step.destination)) found = &step;
    }
    return found;
  }

  void HideAndEmpty() {
    for (const std::string& path : survey_.hidden) {
      const bool is_shown = IsBelowOneOf(path, survey_.shown);
      const bool is_denied = RuleDenying(survey_, path) != nullptr;
      if (!is_shown && !is_denied && !IsEmptied(path) && !IsBelowOneOf(path, kFresh)) Hide(path);
    }
    HideDenied(survey_, view_);
    for (const std::string& path : survey_.temporary) {
      if (path == survey_.cwd) continue;
      MountStep* step = StepOf(path);
      auto* layer = step == nullptr ? nullptr : std::get_if<plan::ThrowawayMount>(&step->what);
      if (layer != nullptr) {
        layer->emptied.push_back(path.substr(step->destination.size() + 1));
      } else {
        view_.emptied.push_back(path.substr(1));
      }
    }
  }

  void Hide(const std::string& path) {
    MountStep* step = StepOf(path);
    if (step == nullptr) {
      view_.hidden.push_back(path.substr(1));
      return;
    }
    if (!IsBelowOneOf(path, survey_.temporary)) view_.hidden_beneath.push_back(path.substr(1));
    if (auto* layer = std::get_if<plan::ThrowawayMount>(&step->what)) {
      layer->hidden.push_back(path.substr(step->destination.size() + 1));
    } else {
      view_.masked.push_back({.origin = "do.hide", .path = path});
    }
  }

  void NoteLeftOut() {
    const std::array<std::pair<Showing, std::string_view>, 5> kReasons = {{
        {Showing::kBoot, "nothing to run from there"},
        {Showing::kNetwork, "another machine or process serves it"},
        {Showing::kRemovable, "removable"},
        {Showing::kNested, "an overlay of another container"},
        {Showing::kUnmapped, "its file system can not be idmapped"},
    }};
    for (const auto& [reason, text] : kReasons) {
      const auto& targets = left_out_[reason];
      if (!targets.empty())
        view_.notes.push_back("left out: " + Join(targets, ", ") + ": " + std::string(text));
    }
  }

  const HostSurvey& survey_;
  policy::MountMode workspace_;
  std::vector<HostMount> mounts_;
  std::map<Showing, std::vector<std::string>> left_out_;
  HostView view_;
};

}  // namespace

bool IsHidden(const HostSurvey& survey, const std::string& path) {
  if (RuleDenying(survey, path) != nullptr) return true;
  return IsBelowOneOf(path, survey.hidden) && !IsBelowOneOf(path, survey.shown);
}

bool IsMadeAnew(const std::string& path) {
  return IsBelowOneOf(path, kFresh);
}

Result<void> CheckWorkspace(const HostSurvey& survey, policy::MountMode workspace) {
  const std::string& cwd = survey.cwd;
  if (const std::string* const rule = RuleDenying(survey, cwd)) {
    return Fail(
        Error(ErrorKind::kRefused,
              "the policy denies the working directory " + Quoted(cwd) + " (" + *rule + ")"));
  }
  if (IsHidden(survey, cwd)) {
    return Fail(Error(ErrorKind::kRefused,
                      "the policy hides the working directory " + Quoted(cwd) +
                          " (do.hide); --show " + cwd + " shows it"));
  }
  if (IsBelowOneOf(cwd, std::array<std::string, 3>{"/proc", "/sys", "/dev"})) {
    return Fail(Error(
        ErrorKind::kRefused,
        "the working directory " + Quoted(cwd) + " is the kernel's: choose another, with --cwd"));
  }
  if (workspace == policy::MountMode::kDirect && IsOneOf(cwd, kNeverDirect)) {
    return Fail(Error(
        ErrorKind::kRefused,
        "--direct would let COMMAND write to the host's " + cwd + ": choose a directory below it"));
  }
  return {};
}

bool IsOfInterest(const HostMount& mount, const std::string& cwd) {
  if (IsAtOrBelow(cwd, mount.target)) return true;
  return !IsNetwork(mount.type) && !IsOneOf(mount.type, kKernelTypes) &&
         !IsBelowOneOf(mount.target, kFresh);
}

Result<HostView> PlanHostView(const HostSurvey& survey, policy::MountMode workspace) {
  return Planner(survey, workspace).Plan();
}

}  // namespace agentbox::container
