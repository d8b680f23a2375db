#include "container/apply_review.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/strings.h"
#include "container/apply_advice.h"
#include "container/apply_prompt.h"
#include "container/chosen_review.h"
#include "container/inputs.h"
#include "container/reviews.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/remove_tree.h"
#include "review/describe.h"
#include "review/merge.h"
#include "review/opened_layer.h"
#include "review/settle.h"
#include "review/store.h"

namespace agentbox::container {
namespace {

using review::Merge;
using review::Step;

Result<void> Print(const std::string& text) {
  return kernel::WriteAll(STDOUT_FILENO, text);
}

class Applying {
 public:
  Applying(const Runtime& runtime, const ApplyOptions& options)
      : runtime_(runtime), options_(options) {}

  Result<int> Run() {
    ChosenReview chosen = TRY(ChooseReview(
        runtime_,
        {.words = options_.words, .access = review::Access::kWrite, .trees = options_.trees}));
    TRY(CheckEnded(chosen.review.Contents()));
    // Of trees that were not chosen, too: others may have the same directory.
    if (!options_.is_trial) TRY(EndInterrupted(runtime_, chosen.review, chosen.trees));
    exec_config_ = TRY(ReadPolicy(runtime_)).exec_config;
    auto applied = ApplyAll(chosen);
    const std::string& name = chosen.review.Contents().name;
    const AppliedHow how = {.name = name,
                            .has_paths = !chosen.paths.empty(),
                            .is_interactive = options_.is_interactive,
                            .is_trial = options_.is_trial,
                            .force = options_.force};
    TRY(Print(ApplySummary(tally_, how) +
              (applied ? ApplyAdvice(tally_, how) : name + " stays: apply it again to go on\n")));
    if (!applied) return Fail(std::move(applied).error());
    const bool is_complete = tally_.left_out == 0 && tally_.not_wanted == 0;
    if (is_complete && !options_.is_trial) TRY(review::Remove(std::move(chosen.review)));
    return tally_.left_out == 0 ? 0 : 1;
  }

 private:
  Result<void> ApplyAll(const ChosenReview& chosen) {
    for (const review::ReviewedMount& mount : chosen.review.Contents().mounts)
      TRY_WITHIN(Apply(chosen, mount), mount.Shown());
    return {};
  }

  // A process that lives could put what it likes where a copy is made from.
  static Result<void> CheckEnded(const review::Record& record) {
    if (!TRY(IsRunning(record))) return {};
    return Fail(Error(ErrorKind::kWrongState,
                      record.name + ": its sandbox, " + record.container +
                          ", runs: what it changed is applied once it has ended"));
  }

  Result<void> Apply(const ChosenReview& chosen, const review::ReviewedMount& mount) {
    const review::Record& record = chosen.review.Contents();
    const auto only = chosen.PathsIn(mount);
    if (!only) {
      ++tally_.not_wanted;
      return {};
    }
    const auto opened = review::OpenLayer(chosen.review, mount, chosen.trees);
    if (!opened && review::IsTreeGone(opened.error())) return LeaveOut(mount, opened.error());
    if (!opened) return Fail(opened.error());
    if (!*opened) return {};
    const review::Layer& layer = (*opened)->layer;
    const review::MergeOptions how = {.rules = {.started = record.started,
                                                .force = options_.force,
                                                .allow_runs_later = options_.allow_exec_config},
                                      .source = mount.source,
                                      .name = chosen.review.OwnNameOf(mount),
                                      .note = chosen.review.NoteOf(mount),
                                      .bystanders = chosen.review.BystandersOf(mount),
                                      .run_later = exec_config_,
                                      .only = *only};
    // What of the layer is in memory alone is on disk before anything is made of it.
    if (!options_.is_trial) TRY(review::SettleOnDisk(chosen.review, **opened));
    Merge merge = TRY(Merge::Plan(layer, how));
    if (options_.is_interactive) TRY(AskForEach(merge, layer, mount.source));
    if (!options_.is_interactive && !options_.is_trial) TRY(AskForThoseThatRunLater(merge));
    merge.Resolve();
    const std::string top = chosen.cwd == mount.source ? "" : mount.source + "/";
    return options_.is_trial ? Tell(merge, top) : Carry(merge, top);
  }

  // A tree that is gone is one thing, and no reason to leave out the others.
  Result<void> LeaveOut(const review::ReviewedMount& mount, const Error& why) {
    ++tally_.left_out;
    if (review::IsTreeAnother(why)) ++tally_.other_trees;
    return Print(review::DescribeSkipped(mount.Shown(), why));
  }

  // `top` goes before paths for a command line.
  Result<void> Tell(const Merge& merge, const std::string& top) {
    for (const Step& step : merge.Steps()) {
      if (!step.is_wanted || step.is_done) continue;
      TRY(Print(review::Describe(step)));
    }
    Count(merge, top);
    return {};
  }

  Result<void> Carry(Merge& merge, const std::string& top) {
    ProgressLine progress(merge.Steps());
    const auto carried = merge.Carry(progress);
    progress.Clear();
    for (const Step& step : merge.Steps()) {
      const bool is_told = step.decision.IsLeftOut() || !review::Notes(step).empty();
      if (step.is_wanted && is_told) TRY(Print(review::Describe(step)));
    }
    Count(merge, top);
    return carried;
  }

  void Count(const Merge& merge, const std::string& top) {
    for (const Step& step : merge.Steps()) {
      if (step.decision.IsDone()) continue;
      if (!step.is_wanted) {
        ++tally_.not_wanted;
      } else if (step.decision.IsLeftOut()) {
        tally_.LeaveOut(step.decision.reason, top + step.path);
      } else if (step.is_done || options_.is_trial) {
        ++tally_.applied;
      }
    }
  }

  const Runtime& runtime_;
  const ApplyOptions& options_;
  std::vector<std::string> exec_config_;
  ApplyTally tally_;
};

}  // namespace

Result<int> ApplyReview(const Runtime& runtime, const ApplyOptions& options) {
  return Applying(runtime, options).Run();
}

}  // namespace agentbox::container
