#include "review/merge.h"

#include <algorithm>
#include <cerrno>
#include <unordered_set>

#include "base/strings.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "review/attributes.h"
#include "review/paths.h"
#include "review/steps.h"

namespace agentbox::review {
namespace {

// Brings the directory that what is below it is to be in.
bool Makes(const Step& step) {
  return S_ISDIR(step.layer.st_mode) && !S_ISDIR(step.real.st_mode);
}

// Takes the place of a directory, which must be empty by then.
bool Replaces(const Step& step) {
  return S_ISDIR(step.real.st_mode) && step.layer.st_mode != 0 && !S_ISDIR(step.layer.st_mode);
}

// Goes, or is replaced, with all that is in it.
bool TakesAway(const Step& step) {
  return S_ISDIR(step.real.st_mode) && !S_ISDIR(step.layer.st_mode);
}

bool GoesLast(const Step& step) {
  return step.decision.action == Action::kRemove ||
         step.decision.action == Action::kReplaceDirectory;
}

// Whether what it brings is not to be in the real tree.
bool IsMissed(const Step& step) {
  return step.decision.IsLeftOut() || (!step.is_wanted && !step.decision.IsDone());
}

void Skip(Step& step, Reason reason) {
  if (step.decision.IsLeftOut()) return;
  step.decision.action = Action::kSkip;
  step.decision.reason = reason;
}

// Another step would fail of it, too.
bool IsOfTheHost(const Error& error) {
  switch (error.Errno()) {
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return true;
    default:
      return error.Kind() != ErrorKind::kSystem;
  }
}

Result<Attributes> UsersAttributes(const Layer& layer, const Step& step) {
  const auto own = TRY(LookBelow(layer.upper, step.path));
  const auto other = TRY(LookBelow(layer.tree, step.data));
  if (!own && !other) return Attributes();
  Attributes all =
      TRY(own ? LayerAttributes(layer, own->file.Get()) : TreeAttributes(other->file.Get()));
  std::erase_if(all, [](const auto& one) { return !IsOfUsers(one.first); });
  return all;
}

}  // namespace

Result<Merge> Merge::Plan(const Layer& layer, const MergeOptions& options) {
  RealTree tree = TRY(RealTree::Open(options.source, options.name, options.note));
  MergeOptions complete = options;
  TRY(complete.bystanders.Read());
  Merge merge(layer, std::move(tree), complete);
  const struct stat root = TRY(kernel::Stat(merge.tree_.Root().Get()));
  complete.rules.stand_in = {.uid = root.st_uid, .gid = root.st_gid};
  StepList listing = TRY(ListSteps(layer, complete));
  merge.steps_ = std::move(listing.steps);
  for (const std::string& path : listing.leftovers)
    merge.leftovers_.push_back(ParentOf(path));
  for (const std::string& path : layer.hidden)
    merge.NoteHidden(path);
  return merge;
}

// What the sandbox was not to see stays, and the directories that it is in with it.
void Merge::NoteHidden(const std::string& path) {
  const auto there = LookBelow(layer_->tree, path);
  if (there && !*there) return;
  for (std::string at = ParentOf(path); at != "."; at = ParentOf(at))
    staying_.insert(at);
}

void Merge::Allow(Step& step) {
  if (!IsForAYes(step.decision.reason)) return;
  step.decision.action = step.decision.permitted;
  step.decision.reason = Reason::kNone;
}

void Merge::Resolve() {
  ResolveByOuter();
  ResolveRenamed();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (Replaces(steps_[i]) && steps_[i].IsToDo()) ResolveReplaced(i);
  }
  // The place of such a directory may be the new name of a file.
  ResolveRenamed();
  ResolveEmptied();
}

void Merge::ResolveByOuter() {
  // Of the steps above the current one, from the top on.
  std::vector<std::size_t> above;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    Step& step = steps_[i];
    while (!above.empty() && !IsBelow(step.path, steps_[above.back()].path))
      above.pop_back();
    if (!above.empty()) {
      const Step& outer = steps_[above.back()];
      // The times of what was moved in with it say nothing.
      if (TakesAway(outer) && outer.decision.reason == Reason::kChanged) {
        Skip(step, Reason::kChanged);
      }
      const bool decides = Makes(outer) || Replaces(outer);
      if (decides && outer.decision.IsLeftOut()) Skip(step, Reason::kDirectoryMissing);
      if (Replaces(outer) && !outer.is_wanted) step.is_wanted = false;
    }
    if (step.IsToDo()) {
      for (const std::size_t outer : above)
        steps_[outer].is_wanted = steps_[outer].is_wanted || Makes(steps_[outer]);
    }
    above.push_back(i);
  }
}

// What stays for that may itself be the new name of another, or be where a directory is to come.
void Merge::ResolveRenamed() {
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (IsMissed(steps_[i])) left.push_back(i);
  }
  while (!left.empty()) {
    const std::size_t missed = left.back();
    left.pop_back();
    for (const std::size_t from : steps_[missed].renamed_from)
      Keep(from, left);
  }
}

// Leaves what the real tree has at its place, and with that what was to come below a directory in
// it; what is left out thereby is added to `left`.
void Merge::Keep(std::size_t index, std::vector<std::size_t>& left) {
  if (!steps_[index].IsToDo()) return;
  Skip(steps_[index], Reason::kRenamed);
  left.push_back(index);
  if (!Makes(steps_[index])) return;
  for (std::size_t i = index + 1; i < steps_.size() && IsBelow(steps_[i].path, steps_[index].path);
       ++i) {
    if (!steps_[i].IsToDo()) continue;
    Skip(steps_[i], Reason::kDirectoryMissing);
    left.push_back(i);
  }
}

// A directory in which something stays does so, too.
void Merge::ResolveEmptied() {
  std::vector<std::size_t> above;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    while (!above.empty() && !IsBelow(steps_[i].path, steps_[above.back()].path))
      above.pop_back();
    const bool goes = steps_[i].decision.action == Action::kRemove && TakesAway(steps_[i]);
    if (goes && staying_.contains(steps_[i].path)) Skip(steps_[i], Reason::kNotEmpty);
    const bool stays = !steps_[i].is_wanted || steps_[i].decision.IsLeftOut();
    for (; stays && !above.empty(); above.pop_back())
      Skip(steps_[above.back()], Reason::kNotEmpty);
    if (goes && !stays) above.push_back(i);
  }
}

// A directory that can not be emptied stays whole.
void Merge::ResolveReplaced(std::size_t index) {
  std::size_t end = index + 1;
  bool stays = staying_.contains(steps_[index].path);
  for (; end < steps_.size() && IsBelow(steps_[end].path, steps_[index].path); ++end)
    stays = stays || !steps_[end].is_wanted || steps_[end].decision.IsLeftOut();
  if (!stays) return;
  for (std::size_t i = index; i < end; ++i)
    Skip(steps_[i], Reason::kNotEmpty);
}

// Whether the real tree would have it under no name. Nor could it be told by then from what a user
// has removed, when the other name is let through at last.
bool Merge::LosesFile(const Step& step) const {
  return std::ranges::any_of(step.renamed_to,
                             [this](std::size_t index) { return IsMissed(steps_[index]); });
}

Result<void> Merge::CleanUp() {
  std::unordered_set<std::string> directories(leftovers_.begin(), leftovers_.end());
  for (const Step& step : steps_)
    directories.insert(ParentOf(step.path));
  for (const std::string& directory : directories) {
    auto cleaned = tree_.CleanUp(directory);
    // What stops it there stops the steps there, too, which tell.
    if (!cleaned && IsOfTheHost(cleaned.error())) return cleaned;
  }
  return {};
}

// Of what does not go last. What takes the place of a file that was renamed, with what is below it,
// comes when that has its new name: by what is in that place it is told then that it has not gone.
std::vector<std::size_t> Merge::InOrder() const {
  std::vector<std::size_t> order;
  std::vector<std::size_t> late;
  std::unordered_set<std::string> late_paths;
  std::optional<std::size_t> outer;  // the last one that is late, and no directory below one
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (!step.IsToDo() || GoesLast(step)) continue;
    const bool is_in_late = outer && IsBelow(step.path, steps_[*outer].path);
    // A further name of a file comes after the first.
    const bool is_late = is_in_late || (step.is_moved_away && !step.renamed_to.empty()) ||
                         late_paths.contains(step.first);
    if (is_late) late_paths.insert(step.path);
    if (is_late && !is_in_late) outer = i;
    (is_late ? late : order).push_back(i);
  }
  order.insert(order.end(), late.begin(), late.end());
  return order;
}

// Of what somebody else has changed meanwhile nothing is noted: that it was stays to be told.
Result<void> Merge::NoteBystanders() {
  std::vector<struct stat> statuses;
  for (const Step& step : steps_) {
    const bool is_passed = S_ISDIR(step.real.st_mode)
                               ? step.decision.action == Action::kSetMetadata && !step.IsToDo()
                               : step.real.st_nlink > 1;
    if (!is_passed) continue;
    const bool was_changed = Nanoseconds(step.real.st_ctim) >= started_;
    if (!was_changed || bystanders_.Has(step.real)) statuses.push_back(step.real);
  }
  return bystanders_.Add(statuses);
}

Result<void> Merge::Carry(Observer& observer) {
  TRY(NoteBystanders());
  TRY(CleanUp());
  for (const std::size_t index : InOrder())
    TRY(Do(steps_[index], observer));
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (step->IsToDo() && GoesLast(*step)) TRY(Do(*step, observer));
  }
  return tree_.Flush();
}

Result<void> Merge::Do(Step& step, Observer& observer) {
  auto tried = Try(step);
  if (!tried && IsOfTheHost(tried.error())) {
    return Fail(std::move(tried).error().Within(Quoted(step.path)));
  }
  if (!tried) {
    step.failure = tried.error().ToString();
    Skip(step, Reason::kFailed);
  } else if (*tried != Reason::kNone) {
    Skip(step, *tried);
  } else {
    step.is_done = true;
  }
  return observer.Report(step);
}

Result<Reason> Merge::Try(const Step& step) {
  // Since it was planned the new name has turned out to be impossible.
  if (LosesFile(step)) return Reason::kRenamed;
  switch (step.decision.action) {
    case Action::kMakeDirectory: {
      const Attributes xattrs = TRY(UsersAttributes(*layer_, step));
      return tree_.MakeDirectory(step.path, step.real, step.decision, xattrs);
    }
    case Action::kSetMetadata: {
      const Attributes xattrs = TRY(UsersAttributes(*layer_, step));
      return tree_.SetMetadata(step.path, step.real, step.decision, xattrs);
    }
    case Action::kPut:
    case Action::kReplaceDirectory:
      return Put(step);
    case Action::kRemove:
      return tree_.Remove(step.path, step.real);
    case Action::kNothing:
    case Action::kSkip:
    case Action::kRefuse:
      break;
  }
  return Reason::kNone;
}

Result<Reason> Merge::Put(const Step& step) {
  const auto entry = TRY(step.data.empty() ? LookBelow(layer_->upper, step.path)
                                           : LookBelow(layer_->tree, step.data));
  // The contents were not in the layer, and are gone from where they were.
  if (!entry) return Reason::kVanished;
  if ((entry->status.st_mode & S_IFMT) != (step.layer.st_mode & S_IFMT)) return Reason::kChanged;
  Content content = {.time = step.layer.st_mtim};
  if (S_ISLNK(entry->status.st_mode)) {
    content.target = TRY(kernel::ReadLink(entry->file.Get(), ""));
    return tree_.PutSymlink(step.path, step.real, step.decision, content);
  }
  const auto first = TRY(FirstNameOf(step, *entry));
  if (first) return tree_.PutLink(step.path, step.real, first->Get());
  const UniqueFd file = TRY(OpenContents(entry->file.Get()));
  content.file = file.Get();
  content.xattrs = TRY(UsersAttributes(*layer_, step));
  return tree_.PutFile(step.path, step.real, step.decision, content);
}

// The file in the real tree that `step` is to be one more name of, where that one is as it should.
Result<std::optional<UniqueFd>> Merge::FirstNameOf(const Step& step, const Entry& entry) const {
  if (step.first.empty()) return std::optional<UniqueFd>();
  auto first = LookBelow(tree_.Root().Get(), step.first);
  if (!first || !*first) return std::optional<UniqueFd>();
  const struct stat& status = (*first)->status;
  const bool is_alike =
      S_ISREG(status.st_mode) && (status.st_mode & 07777U) == step.decision.mode &&
      status.st_uid == step.decision.owner.uid && status.st_gid == step.decision.owner.gid;
  if (!is_alike || !TRY(HaveSameContents(**first, entry))) return std::optional<UniqueFd>();
  return std::optional(std::move((*first)->file));
}

}  // namespace agentbox::review
