#include "container/reviews.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/strings.h"
#include "container/host_facts.h"
#include "container/inputs.h"
#include "container/kept_layers.h"
#include "container/lifecycle.h"
#include "container/state_file.h"
#include "container/template_store.h"
#include "kernel/file.h"
#include "review/find.h"
#include "review/real_tree.h"
#include "review/summary.h"

namespace agentbox::container {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

Error StillRuns(const review::Record& record) {
  return Error(ErrorKind::kRefused,
               record.name + ": its sandbox, " + record.container +
                   ", runs, and the layer of a mounted overlay can not be changed from outside: "
                   "end the sandbox first");
}

Result<void> DiscardOne(const Runtime& runtime, const std::string& base, const std::string& name) {
  auto opened = TRY(review::Open(base, name, review::Access::kWrite));
  if (TRY(IsRunning(opened.Contents()))) return Fail(StillRuns(opened.Contents()));
  // What is left in a real tree may be what somebody saved.
  TRY(EndInterrupted(runtime, opened));
  return review::Remove(std::move(opened));
}

Result<review::Record> FindReview(const Runtime& runtime,
                                  const std::string& base,
                                  const std::string& name) {
  const std::vector<review::Record> records = TRY(ReviewRecords(runtime, base));
  const std::string cwd = TRY(kernel::WorkingDirectory());
  return review::Find(records, name, cwd);
}

void WarnOfDamage(const Runtime& runtime, const std::string& text) {
  runtime.log->Warn("a review is passed over, and kept as it is: " + text);
}

Result<bool> IsDamaged(const std::string& base, const std::string& name) {
  const review::Listing listing = TRY(review::List(base));
  return std::ranges::find(listing.damaged, name, &review::Damage::name) != listing.damaged.end();
}

Result<ReviewView> ViewOf(const std::string& base, review::Record record, std::int64_t now) {
  const std::int64_t age = std::max<std::int64_t>(0, now - record.started / kNanoseconds);
  const std::uint64_t size = TRY(review::SizeOf(base, record));
  const bool is_running = TRY(IsRunning(record));
  return ReviewView{
      .record = std::move(record), .size = size, .age = age, .is_running = is_running};
}

// Whether a container has it, or may have: one that is half-made has not written down all it made.
bool IsOwned(const review::Record& record) {
  const auto directory = StateDirectory::OpenUnlocked(record.state_root, record.container);
  if (!directory) return directory.error().Kind() != ErrorKind::kNotFound;
  const auto state = directory->Read();
  return !state || !state->is_created || state->review == record.name;
}

// Whether nobody has the review, nor anything in it is to be reviewed.
Result<bool> RemoveUnchanged(const std::string& base, const review::Record& record) {
  if (IsOwned(record)) return false;
  TRY(DropUnchanged(base, record.name));
  const auto left = review::Open(base, record.name, review::Access::kLook);
  return !left && left.error().Kind() == ErrorKind::kNotFound;
}

// A review without the layers that a killed `template create` took would seem to have no changes,
// and be removed.
void GiveLayersBack(const Runtime& runtime,
                    const policy::Policy& policy,
                    const plan::HostFacts& facts) {
  const TemplateStore store(TemplateDirectory(runtime, policy, facts));
  const auto given_back = store.GiveLayersBack();
  if (!given_back) runtime.log->Warn(given_back.error().ToString());
}

}  // namespace

Result<std::string> ReviewBase(const Runtime& runtime) {
  const policy::Policy policy = TRY(ReadPolicy(runtime));
  const plan::HostFacts facts = TRY(GatherHostFacts());
  GiveLayersBack(runtime, policy, facts);
  return LayersDirectory(policy, facts);
}

Result<std::vector<review::Record>> ReviewRecords(const Runtime& runtime, const std::string& base) {
  review::Listing listing = TRY(review::List(base));
  for (const review::Damage& damage : listing.damaged) {
    WarnOfDamage(runtime,
                 damage.error.ToString() + ": agentbox discard " + damage.name + " removes it");
  }
  return std::move(listing.records);
}

Result<std::vector<ReviewView>> ListReviews(const Runtime& runtime) {
  const std::string base = TRY(ReviewBase(runtime));
  std::vector<ReviewView> views;
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  for (review::Record& record : TRY(ReviewRecords(runtime, base))) {
    auto view = ViewOf(base, std::move(record), now.tv_sec);
    if (view) {
      views.push_back(*std::move(view));
    } else {
      WarnOfDamage(runtime, view.error().ToString());
    }
  }
  return views;
}

Result<bool> IsRunning(const review::Record& record) {
  const auto directory = StateDirectory::OpenUnlocked(record.state_root, record.container);
  if (!directory && directory.error().Kind() == ErrorKind::kNotFound) return false;
  if (!directory) return Fail(directory.error());
  const auto state = directory->Read();
  // Half-made, or damaged: what it has begun is not known.
  if (!state) return true;
  if (state->review != record.name) return false;
  return TRY(StatusOf(*state)) != Status::kStopped;
}

Result<void> EndInterrupted(const Runtime& runtime,
                            const review::Review& review,
                            review::TreeRule trees) {
  for (const review::ReviewedMount& mount : review.Contents().mounts) {
    const review::ExchangeNote note = review.NoteOf(mount);
    if (!TRY(note.IsThere())) continue;
    const auto tree = review::OpenTree(mount, trees);
    if (!tree && review::IsTreeAnother(tree.error())) {
      runtime.log->Warn("an apply was killed in the middle of a step in " + mount.source + ": " +
                        tree.error().ToString());
      continue;
    }
    const std::string lost = TRY_WITHIN(
        review::RealTree::Recover(mount.source, review.OwnNameOf(mount), note), mount.source);
    if (!lost.empty()) runtime.log->Warn(lost);
  }
  return {};
}

Result<std::string> Discard(const Runtime& runtime, const std::string& name) {
  const std::string base = TRY(ReviewBase(runtime));
  // Whether its sandbox runs is in the record, too: that is for whoever names it to know.
  if (TRY(IsDamaged(base, name))) {
    TRY(review::RemoveDamaged(base, name));
    return name;
  }
  const review::Record record = TRY(FindReview(runtime, base, name));
  TRY(DiscardOne(runtime, base, record.name));
  return record.name;
}

Result<std::vector<std::string>> DiscardAll(const Runtime& runtime) {
  const std::string base = TRY(ReviewBase(runtime));
  std::vector<std::string> removed;
  for (const review::Record& record : TRY(ReviewRecords(runtime, base))) {
    const auto discarded = DiscardOne(runtime, base, record.name);
    if (discarded) {
      removed.push_back(record.name);
    } else {
      runtime.log->Warn(discarded.error().ToString());
    }
  }
  return removed;
}

Result<void> Reset(const Runtime& runtime, const std::string& name) {
  const std::string base = TRY(ReviewBase(runtime));
  const review::Record record = TRY(FindReview(runtime, base, name));
  if (TRY(IsRunning(record))) return Fail(StillRuns(record));
  return Fail(Error(ErrorKind::kRefused,
                    record.name +
                        ": its sandbox has ended, and no other will write to its layer: "
                        "agentbox discard " +
                        record.name + " removes it"));
}

Result<review::Swept> CollectReviews(const Runtime& runtime) {
  const std::string base = TRY(ReviewBase(runtime));
  review::Swept swept = TRY(review::RemoveDead(base));
  for (const review::Record& record : TRY(ReviewRecords(runtime, base))) {
    const auto is_removed = RemoveUnchanged(base, record);
    if (!is_removed) {
      swept.failed.push_back({record.name, is_removed.error()});
    } else if (*is_removed) {
      swept.removed.push_back(record.name);
    }
  }
  return swept;
}

}  // namespace agentbox::container
