#include "container/chosen_review.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "container/reviews.h"
#include "kernel/file.h"
#include "review/find.h"
#include "review/paths.h"

namespace agentbox::container {
namespace {

Result<void> CheckPaths(const ChosenReview& chosen) {
  const review::Record& record = chosen.review.Contents();
  for (const std::string& path : chosen.paths) {
    const bool is_there = std::ranges::any_of(record.mounts, [&](const auto& mount) {
      return review::PathInTree(mount.source, chosen.cwd, path).has_value();
    });
    if (is_there) continue;
    return Fail(
        Error(ErrorKind::kUsage,
              Quoted(path) + " is neither a review nor a path that " + record.name + " is about"));
  }
  return {};
}

}  // namespace

std::optional<std::vector<std::string>> ChosenReview::PathsIn(const std::string& source) const {
  std::vector<std::string> inside;
  for (const std::string& given : paths) {
    auto path = review::PathInTree(source, cwd, given);
    if (path) inside.push_back(*std::move(path));
  }
  if (inside.empty() && !paths.empty()) return std::nullopt;
  return inside;
}

Result<ChosenReview> ChooseReview(const Runtime& runtime, std::vector<std::string> words) {
  const std::string base = TRY(ReviewBase(runtime));
  const std::vector<review::Record> records = TRY(ReviewRecords(runtime, base));
  std::string cwd = TRY(kernel::WorkingDirectory());
  std::string name;
  const bool is_named =
      !words.empty() &&
      std::ranges::find(records, words.front(), &review::Record::name) != records.end();
  if (is_named) {
    name = std::move(words.front());
    words.erase(words.begin());
  }
  const review::Record record = TRY(review::Find(records, name, cwd));
  review::Review review = TRY(review::Open(base, record.name));
  ChosenReview chosen = {std::move(review), std::move(cwd), std::move(words)};
  TRY(CheckPaths(chosen));
  return chosen;
}

}  // namespace agentbox::container
