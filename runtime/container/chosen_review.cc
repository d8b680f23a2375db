#include "container/chosen_review.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "container/resolved_path.h"
#include "container/reviews.h"
#include "kernel/file.h"
#include "plan/mounts.h"
#include "review/find.h"
#include "review/paths.h"

namespace agentbox::container {
namespace {

// As review::PathInTree, of what the mount shows: of a file in the tree, that it is the file.
std::optional<std::string> PathIn(const review::ReviewedMount& mount,
                                  const std::string& cwd,
                                  const std::string& given) {
  auto path = review::PathInTree(mount.Shown(), cwd, given);
  if (mount.file.empty() || !path) return path;
  return path == "." ? std::optional(mount.file) : std::nullopt;
}

// Whether the review changes anything at the path that was given, or below it; of a tree as a whole
// it is about, it may have been applied.
Result<bool> IsChanged(const ChosenReview& chosen, const std::string& given) {
  for (const review::ReviewedMount& mount : chosen.review.Contents().mounts) {
    const auto path = PathIn(mount, chosen.cwd, given);
    if (!path) continue;
    if (*path == "." || *path == mount.file || TRY(chosen.review.NoteOf(mount).IsThere()))
      return true;
    auto opened = review::OpenLayer(chosen.review, mount, chosen.trees);
    // Without the tree it is not known; that this is not there is said later.
    if (!opened && review::IsTreeGone(opened.error())) return true;
    if (!opened) return Fail(std::move(opened).error().Within(mount.Shown()));
    if (!*opened) continue;
    (*opened)->layer.only = {*path};
    if (TRY_WITHIN(review::HasChanges((*opened)->layer), mount.Shown())) return true;
  }
  return false;
}

std::string Absolute(const std::string& cwd, const std::string& given) {
  return given.starts_with('/') ? given : cwd + "/" + given;
}

// What `given`, at which the review changes nothing by its words, means by way of the symlinks in
// it. The last one is not followed in the reviewed tree, where it is one of its files.
std::string Followed(const ChosenReview& chosen, const std::string& given) {
  const std::string path = Absolute(chosen.cwd, given);
  std::string above = ResolvedAbove(path);
  const bool is_inside =
      std::ranges::any_of(chosen.review.Contents().mounts, [&](const review::ReviewedMount& mount) {
        const auto inside = PathIn(mount, "/", above);
        return inside && *inside != ".";
      });
  return is_inside ? above : Resolved(path);
}

// A review's name that was mistyped is a path, too, and no change of its is no success.
Result<void> CheckPaths(ChosenReview& chosen) {
  for (std::string& path : chosen.paths) {
    if (TRY(IsChanged(chosen, path))) continue;
    std::string followed = Followed(chosen, path);
    if (TRY(IsChanged(chosen, followed))) {
      path = std::move(followed);
      continue;
    }
    return Fail(Error(ErrorKind::kUsage,
                      Quoted(path) + " is neither a review nor anything that " +
                          chosen.review.Contents().name + " changes"));
  }
  return {};
}

// That the word, if it is but the beginning of an id, is no file's name here: it could mean either.
Result<void> CheckMeaning(const std::vector<review::Record>& named, const std::string& word) {
  const bool is_whole = std::ranges::any_of(named, [&word](const review::Record& record) {
    return record.name == word || record.container == word;
  });
  if (is_whole || !TRY(kernel::Exists(AT_FDCWD, word))) return {};
  return Fail(Error(ErrorKind::kUsage,
                    Quoted(word) + " is a path here, and the beginning of the id of a container " +
                        "whose changes wait: write ./" + word + ", or more of the id"));
}

// Without a name: the review of the first path, or else of the working directory.
Result<review::Record> FindByPath(const std::vector<review::Record>& records,
                                  const std::vector<std::string>& paths,
                                  const std::string& cwd) {
  if (paths.empty()) return review::Find(records, "", cwd);
  const std::string path = Absolute(cwd, paths.front());
  for (const std::string& meant : {plan::CleanPath(path), ResolvedAbove(path), Resolved(path)}) {
    auto found = review::Find(records, "", meant);
    if (found || found.error().Kind() != ErrorKind::kNotFound) return found;
  }
  auto here = review::Find(records, "", cwd);
  if (here || here.error().Kind() != ErrorKind::kNotFound) return here;
  return Fail(Error(ErrorKind::kNotFound,
                    Quoted(paths.front()) + " is no review, and nothing of it or of " +
                        Quoted(cwd) + " waits for review"));
}

}  // namespace

std::optional<std::vector<std::string>> ChosenReview::PathsIn(
    const review::ReviewedMount& mount) const {
  std::vector<std::string> inside;
  if (paths.empty()) {
    if (!mount.file.empty()) inside.push_back(mount.file);
    return inside;
  }
  for (const std::string& given : paths) {
    auto path = PathIn(mount, cwd, given);
    if (path) inside.push_back(*std::move(path));
  }
  if (inside.empty()) return std::nullopt;
  return inside;
}

Result<ChosenReview> ChooseReview(const Runtime& runtime, Choice choice) {
  std::vector<std::string>& words = choice.words;
  // As of a shell's variable that is not set: not the same as none.
  if (std::ranges::find(words, "") != words.end())
    return Fail(Error(ErrorKind::kUsage, "a NAME or PATH is empty"));
  const std::string base = TRY(ReviewBase(runtime));
  const std::vector<review::Record> records = TRY(ReviewRecords(runtime, base));
  std::string cwd = TRY(kernel::WorkingDirectory());
  std::string name;
  const std::vector<review::Record> named =
      words.empty() ? std::vector<review::Record>() : review::Named(records, words.front());
  const bool is_named = !named.empty();
  if (is_named) {
    TRY(CheckMeaning(named, words.front()));
    name = std::move(words.front());
    words.erase(words.begin());
  }
  const review::Record record =
      TRY(is_named ? review::Find(records, name, cwd) : FindByPath(records, words, cwd));
  review::Review review = TRY(review::Open(base, record.name, choice.access));
  ChosenReview chosen = {std::move(review), std::move(cwd), std::move(words), choice.trees};
  TRY(CheckPaths(chosen));
  return chosen;
}

}  // namespace agentbox::container
