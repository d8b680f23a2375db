#include "container/gc.h"

#include <fcntl.h>

#include <cerrno>

#include "apply/scratch.h"
#include "base/strings.h"
#include "container/host_facts.h"
#include "container/id_ranges.h"
#include "container/inputs.h"
#include "container/reviews.h"
#include "container/template_store.h"
#include "kernel/file.h"

namespace agentbox::container {
namespace {

// Whether nothing but its directory may be left of the container: no command works on it, and none
// completed its creation.
Result<bool> IsHalfMade(const Runtime& runtime, const std::string& id) {
  const auto directory = StateDirectory::TryOpen(runtime.root, id);
  if (!directory) {
    if (directory.error().Kind() == ErrorKind::kNotFound) return false;
    return Fail(directory.error());
  }
  if (!*directory) return false;  // locked: `create` is at work
  const auto state = (*directory)->Read();
  return !state || !state->is_created;
}

class Collector {
 public:
  explicit Collector(const Runtime& runtime) : runtime_(runtime) {}

  Result<Collected> Run() {
    // First: what gets a layer back is then no longer taken for one without changes.
    const TemplateStore templates(TRY(TemplateDirectory(runtime_)));
    collected_.removed = TRY(templates.CollectGarbage(*runtime_.log));
    Note("containers", CollectContainers());
    Note("scratch directories", CollectScratch());
    Note("reviews", CollectStaleReviews());
    Note("id ranges", CollectIdRanges());
    return std::move(collected_);
  }

 private:
  Result<void> CollectContainers() {
    for (const std::string& id : TRY(ListIds(runtime_.root)))
      NoteOne("container " + id, RemoveHalfMade(id));
    return {};
  }

  Result<void> CollectStaleReviews() {
    review::Swept swept = TRY(CollectReviews(runtime_));
    for (const std::string& name : swept.removed)
      NoteOne("review " + name, true);
    for (review::Damage& one : swept.failed)
      NoteOne("review " + one.name, Fail(std::move(one.error)));
    return {};
  }

  Result<void> CollectIdRanges() {
    for (const std::uint32_t first : TRY(FreeStaleIdRanges()))
      NoteOne("id range " + std::to_string(first), true);
    return {};
  }

  Result<bool> RemoveHalfMade(const std::string& id) const {
    const bool is_half_made = TRY(IsHalfMade(runtime_, id));
    if (is_half_made) TRY(Delete(runtime_, id, /*force=*/true));
    return is_half_made;
  }

  Result<void> CollectScratch() {
    const policy::Policy policy = TRY(ReadPolicy(runtime_));
    const plan::HostFacts facts = TRY(GatherHostFacts());
    const std::string example = ScratchDirectory(runtime_, policy, facts, "x");
    const std::string base = example.substr(0, example.rfind('/'));
    const auto directory = kernel::Open(AT_FDCWD, base, O_RDONLY | O_DIRECTORY);
    if (!directory && directory.error().Errno() == ENOENT) return {};
    if (!directory) return Fail(directory.error());
    for (const std::string& name : TRY(kernel::ListDirectory(directory->Get()))) {
      const std::string id = name.substr(0, name.rfind('.'));
      const std::string path = base + "/" + name;
      // Those of other roots have other names.
      if (ScratchDirectory(runtime_, policy, facts, id) != path) continue;
      NoteOne("scratch directory " + path, RemoveScratchOf(id, path));
    }
    return {};
  }

  // `create` makes the state directory before the scratch directory, `delete` removes it after.
  Result<bool> RemoveScratchOf(const std::string& id, const std::string& path) const {
    const auto owner = StateDirectory::OpenUnlocked(runtime_.root, id);
    if (owner) return false;
    if (owner.error().Kind() != ErrorKind::kNotFound) return Fail(owner.error());
    TRY(apply::RemoveScratch(path));
    return true;
  }

  void NoteOne(const std::string& what, const Result<bool>& is_removed) {
    if (!is_removed) {
      Note(what, Fail(is_removed.error()));
    } else if (*is_removed) {
      collected_.removed.push_back(what);
    }
  }

  void Note(const std::string& what, const Result<void>& done) {
    if (done) return;
    runtime_.log->Warn("gc: " + what + ": " + done.error().ToString());
    collected_.is_complete = false;
  }

  const Runtime& runtime_;
  Collected collected_;
};

}  // namespace

Result<Collected> CollectGarbage(const Runtime& runtime) {
  return Collector(runtime).Run();
}

}  // namespace agentbox::container
