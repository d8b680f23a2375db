#include "container/diff_review.h"

#include <utility>

#include "base/strings.h"
#include "container/chosen_review.h"
#include "review/opened_layer.h"
#include "review/quoting.h"

namespace agentbox::container {
namespace {

class Differ {
 public:
  Differ(const ChosenReview& chosen, const DiffOptions& options, review::Output& output)
      : chosen_(chosen), options_(options), output_(output) {}

  Result<void> Run() {
    for (const review::ReviewedMount& mount : chosen_.review.Contents().mounts)
      TRY_WITHIN(Print(mount), mount.Shown());
    return output_.Finish();
  }

  std::uint64_t Incomplete() const { return incomplete_; }
  // Why nothing is listed of what a sandbox was shown, each with its path.
  const std::vector<std::string>& LeftOut() const { return left_out_; }

 private:
  Result<void> Print(const review::ReviewedMount& mount) {
    auto only = chosen_.PathsIn(mount);
    if (!only) return {};
    auto found = review::OpenLayer(chosen_.review, mount, chosen_.trees);
    if (!found && review::IsTreeGone(found.error())) {
      const std::string way_out =
          review::IsTreeAnother(found.error()) ? "; --other-tree compares with it" : "";
      left_out_.push_back(mount.Shown() + ": " + found.error().ToString() + way_out);
      return {};
    }
    auto opened = TRY(std::move(found));
    if (!opened) return {};
    opened->layer.only = *std::move(only);
    Head(mount);
    const auto summary =
        TRY(review::PrintDiff(opened->layer, mount.source, options_.format, output_));
    incomplete_ += summary.incomplete;
    return {};
  }

  // Where there are several, which of them the names are of; in a patch, of which it is no part.
  void Head(const review::ReviewedMount& mount) {
    const bool is_json = options_.format == review::DiffFormat::kJson;
    if (is_json || chosen_.review.Contents().mounts.size() < 2) return;
    output_.Head("# " + review::QuotedName(mount.Shown()));
  }

  const ChosenReview& chosen_;
  const DiffOptions& options_;
  review::Output& output_;
  std::uint64_t incomplete_ = 0;
  std::vector<std::string> left_out_;
};

}  // namespace

Result<void> DiffReview(const Runtime& runtime, const DiffOptions& options) {
  const ChosenReview chosen =
      TRY(ChooseReview(runtime, {.words = options.words, .trees = options.trees}));
  review::Environment environment = review::ReadEnvironment();
  if (!options.has_pager) {
    environment.has_pager = true;
    environment.pager.clear();
  }
  review::Output output(options.coloring, environment);
  Differ differ(chosen, options, output);
  auto printed = differ.Run();
  if (output.IsClosed()) return {};
  if (output.IsPagerMissing()) {
    runtime.log->Warn("the pager " + Quoted(review::PagerOf(environment)) +
                      " could not be started: printed without it");
  }
  for (const std::string& why : differ.LeftOut())
    runtime.log->Warn("what was changed is not listed: " + why);
  if (printed && differ.Incomplete() > 0) {
    runtime.log->Warn(std::to_string(differ.Incomplete()) +
                      " changes are not, or not wholly, in the patch: a line in it names each");
  }
  return printed;
}

}  // namespace agentbox::container
