#include "container/template_from_review.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "apply/whiteouts.h"
#include "base/strings.h"
#include "container/clock.h"
#include "container/denied_files.h"
#include "container/invoker.h"
#include "container/os_release.h"
#include "container/reviews.h"
#include "container/template_freeze.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount_table.h"
#include "kernel/path.h"
#include "plan/mounts.h"
#include "review/opened_layer.h"
#include "review/settle.h"

namespace agentbox::container {
namespace {

// Why no sandbox that starts from a template sees what that has at `path`; empty: it does.
std::string WhyUnseen(const std::vector<kernel::MountEntry>& mounts, const std::string& path) {
  for (const char* const temporary : {"/tmp", "/var/tmp"}) {
    if (plan::IsAtOrBelow(path, temporary))
      return std::string(temporary) + " begins empty in each sandbox";
  }
  for (const kernel::MountEntry& mount : mounts) {
    if (mount.target != "/" && plan::IsAtOrBelow(path, mount.target))
      return mount.target + " is a mount of its own, and a template is of the root file system";
  }
  return {};
}

// The review would be gone for nothing.
Result<void> CheckIsSeen(const review::Record& record) {
  const std::vector<kernel::MountEntry> mounts = TRY(kernel::ReadMountTable());
  for (const review::ReviewedMount& mount : record.mounts) {
    const std::string why = WhyUnseen(mounts, mount.source);
    if (why.empty()) continue;
    return Fail(Error(ErrorKind::kUnsupported,
                      record.name + ": no sandbox would see a template's " + mount.source + ": " +
                          why + ": agentbox apply " + record.name +
                          " writes it there, and a command of --run may write it elsewhere"));
  }
  return {};
}

Result<void> CheckPlaces(const review::Record& record) {
  for (const review::ReviewedMount& mount : record.mounts) {
    if (record.is_in_image) {
      return Fail(Error(ErrorKind::kUnsupported,
                        record.name +
                            ": its layer is in an image (limits.disk), which a template " +
                            "can not be taken from: --run makes one of a command"));
    }
    if (mount.file.empty() && mount.destination == mount.source && !record.maps.uids.empty())
      continue;
    return Fail(Error(ErrorKind::kUnsupported,
                      record.name + ": only what `do` wrote, as root, lies where a template can " +
                          "show it, and not " + mount.Shown() + " at " + mount.destination));
  }
  for (const review::ReviewedMount& one : record.mounts) {
    for (const review::ReviewedMount& other : record.mounts) {
      if (&one == &other || !plan::IsAtOrBelow(other.source, one.source)) continue;
      return Fail(Error(ErrorKind::kUnsupported,
                        record.name + ": " + other.source + " lies below " + one.source +
                            ", and no template can have both"));
    }
  }
  return {};
}

// What the sandbox was not shown is no part of what it did. What is there no more, or something
// else by now, is the sandbox's doing.
Result<void> DropOmissions(const review::ReviewedMount& mount, const review::Layer& layer) {
  for (const std::string& path : mount.hidden) {
    const auto slash = path.rfind('/');
    const std::string above = slash == std::string::npos ? "." : path.substr(0, slash);
    const auto directory = kernel::OpenBeneath(layer.upper, above, O_PATH | O_DIRECTORY);
    if (!directory) continue;
    const std::string name = path.substr(slash + 1);
    const auto status = TRY(kernel::StatEntry(directory->Get(), name));
    if (!status || !S_ISCHR(status->st_mode) || status->st_rdev != ::makedev(0, 0)) continue;
    TRY(kernel::RemoveEntry(directory->Get(), name));
  }
  const std::string mark =
      layer.uses_user_xattrs ? "user.overlay.opaque" : "trusted.overlay.opaque";
  for (const std::string& path : mount.emptied) {
    const auto directory = kernel::OpenBeneath(layer.upper, path, O_RDONLY | O_DIRECTORY);
    if (!directory) continue;
    const auto removed = kernel::RemoveXattr(directory->Get(), mark);
    if (!removed && removed.error().Errno() != ENODATA) return removed;
  }
  return {};
}

// Makes, in the template's layer, the directories above `source`, each as the real one is.
Result<UniqueFd> MakeAbove(const UniqueFd& layer,
                           const std::string& source,
                           const apply::SandboxIds& ids) {
  UniqueFd at = TRY(kernel::Open(layer.Get(), ".", O_PATH | O_DIRECTORY));
  std::string real;
  const std::string above = source.substr(0, source.rfind('/'));
  for (const std::string_view name : Split(above, '/')) {
    if (name.empty()) continue;
    real += "/" + std::string(name);
    const UniqueFd model = TRY(kernel::Open(AT_FDCWD, real, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    const auto made = TRY(kernel::StatEntry(at.Get(), std::string(name)));
    UniqueFd next =
        made ? TRY(kernel::OpenBeneath(at.Get(), std::string(name), O_PATH | O_DIRECTORY))
             : TRY(kernel::MakeOwnDirectory(at.Get(), std::string(name), S_IRWXU));
    if (!made) TRY(apply::CopyOwnership(model, next, ids));
    at = std::move(next);
  }
  return at;
}

// What a sandbox of today would not be shown of `source`, relative to it. The layer has whiteouts
// only of what was denied, and there, when its own began: of a directory that was renamed the rest
// would be copied to a place where nobody looks for it.
Result<std::vector<std::string>> DeniedIn(const policy::Policy& policy, const std::string& source) {
  const std::vector<kernel::MountEntry> mounts = TRY(kernel::ReadMountTable());
  const Invoker invoker = TRY(FindInvoker());
  const DeniedFiles denied = TRY(FindDenied({.policy = policy,
                                             .mounts = mounts,
                                             .homes = HomeDirectories(invoker),
                                             .workspaces = {source},
                                             .submounts = {},
                                             .passed_over = {}}));
  std::vector<std::string> paths;
  for (const DeniedFile& file : denied.files) {
    if (file.path != source && plan::IsAtOrBelow(file.path, source))
      paths.push_back(file.path.substr(source.size() + 1));
  }
  return paths;
}

// Ready to be moved into the template, and counted.
Result<void> Prepare(const review::Review& review,
                     const review::ReviewedMount& mount,
                     const policy::Policy& policy,
                     TemplateRecord& record) {
  const auto opened = TRY(review::OpenLayer(review, mount));
  if (!opened) return {};
  const std::vector<std::string> denied = TRY(DeniedIn(policy, mount.source));
  TRY(review::SettleOnDisk(review, *opened, denied));
  TRY(DropOmissions(mount, opened->layer));
  const UniqueFd upper = TRY(kernel::Open(opened->upper.Get(), ".", O_RDONLY | O_DIRECTORY));
  return Measure(upper, record);
}

// The layer of the template, in which only those of the review are missing.
Result<void> MakeLayer(const NewTemplate& made, const review::Record& source) {
  const apply::SandboxIds ids = {.maps = source.maps};
  const UniqueFd layer = TRY(kernel::MakeOwnDirectory(made.Directory().Get(), "layer", S_IRWXU));
  const UniqueFd root = TRY(kernel::Open(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  TRY(apply::CopyOwnership(root, layer, ids));
  for (const review::ReviewedMount& mount : source.mounts)
    TRY_WITHIN(MakeAbove(layer, mount.source, ids), mount.source);
  return {};
}

Result<void> TakeInto(NewTemplate& made,
                      const review::Review& review,
                      const review::ReviewedMount& mount) {
  const UniqueFd layers = TRY(review.OpenLayers(mount));
  return made.Take(layers, "layer" + mount.source);
}

}  // namespace

Result<void> FreezeReview(const TemplateStore& store,
                          const std::string& name,
                          const policy::Policy& policy,
                          review::Review review) {
  const review::Record& source = review.Contents();
  if (TRY(IsRunning(source))) {
    return Fail(Error(ErrorKind::kRefused, source.name + ": its sandbox runs: end it first"));
  }
  if (TRY(review.IsInterrupted())) {
    return Fail(Error(ErrorKind::kWrongState,
                      source.name + ": an apply of it was killed: agentbox apply " + source.name +
                          " ends what it left in the real tree"));
  }
  TRY(CheckPlaces(source));
  TRY(CheckIsSeen(source));
  TemplateRecord record = {.name = name,
                           .system = SystemOf(""),
                           .command = source.command,
                           .maps = source.maps,
                           .uses_user_xattrs = source.uses_user_xattrs};
  // First what can be refused: a layer that is prepared says that what is denied was deleted. (Of
  // what was put there since, `apply` sees that it is newer, and lets it be.)
  NewTemplate made = TRY(NewTemplate::Begin(store, name));
  for (const review::ReviewedMount& mount : source.mounts)
    TRY_WITHIN(Prepare(review, mount, policy, record), mount.source);
  record.created = NowInUtc();
  TRY(MakeLayer(made, source));
  TRY(made.Describe(record));
  for (const review::ReviewedMount& mount : source.mounts)
    TRY_WITHIN(TakeInto(made, review, mount), mount.source);
  TRY(made.Finish());
  return review::Remove(std::move(review));
}

}  // namespace agentbox::container
