#include "container/apply_prompt.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/tty.h"
#include "review/describe.h"
#include "review/diff.h"
#include "review/output.h"

namespace agentbox::container {
namespace {

using review::Merge;
using review::Step;

bool HasTerminal() {
  return kernel::IsTerminal(STDIN_FILENO) && kernel::IsTerminal(STDOUT_FILENO);
}

// The line that is typed; "q" at the end of input.
Result<std::string> Ask(const std::string& question) {
  TRY(kernel::WriteAll(STDOUT_FILENO, question));
  const std::string line = TRY(kernel::ReadLine(STDIN_FILENO));
  return line.empty() ? "q" : std::string(Trimmed(line));
}

bool IsYes(const std::string& answer) {
  return answer == "y" || answer == "yes" || answer == "Y";
}

// One of the letters, in lower case; asks until it is one.
Result<char> AskForLetter() {
  for (;;) {
    const std::string answer = TRY(Ask("apply this? [y,n,a,q] "));
    if (IsYes(answer)) return 'y';
    if (answer == "no" || answer == "N") return 'n';
    if (answer == "n" || answer == "a" || answer == "q") return answer.front();
    TRY(kernel::WriteAll(
        STDOUT_FILENO,
        "y: apply this change; n: do not; a: apply it and all that follow, but ask "
        "for each that runs code later; q: none of those that follow\n"));
  }
}

// As it would be applied.
std::string DescribeAllowed(Step step) {
  Merge::Allow(step);
  return review::Describe(step);
}

Result<void> Show(review::Layer layer, const std::string& source, const Step& step) {
  layer.only = {step.path};
  review::Environment environment = review::ReadEnvironment();
  environment.has_pager = true;
  environment.pager.clear();
  review::Output output(review::Coloring::kAuto, environment);
  TRY(review::PrintDiff(layer, source, review::DiffFormat::kPatch, output));
  TRY(output.Finish());
  return kernel::WriteAll(STDOUT_FILENO, DescribeAllowed(step));
}

// A directory comes with what is wanted in it, and goes with it.
bool IsAskedFor(const std::vector<Step>& steps, std::size_t index) {
  const Step& step = steps[index];
  const bool waits = review::IsForAYes(step.decision.reason);
  if (!step.is_wanted || step.is_done || (step.decision.IsLeftOut() && !waits)) return false;
  if (step.decision.action != review::Action::kMakeDirectory) return true;
  const bool has_inner =
      index + 1 < steps.size() && steps[index + 1].path.starts_with(step.path + "/");
  return !has_inner;
}

// A directory, or what takes its place.
bool Goes(const Step& step) {
  return S_ISDIR(step.real.st_mode) && !S_ISDIR(step.layer.st_mode);
}

bool IsInDirectoryThatGoes(const Step& step, const Step& directory) {
  return step.layer.st_mode == 0 && step.path.starts_with(directory.path + "/");
}

// What was answered for all that follow.
struct Choice {
  bool takes_all = false;
  bool is_over = false;
};

Result<bool> IsChosen(Choice& choice,
                      const Step& step,
                      const review::Layer& layer,
                      const std::string& source) {
  if (choice.is_over) return false;
  const bool waits = review::IsForAYes(step.decision.reason);
  if (choice.takes_all && !waits) return true;
  TRY(Show(layer, source, step));
  const char answer = TRY(AskForLetter());
  choice.is_over = answer == 'q';
  choice.takes_all = choice.takes_all || answer == 'a';
  return answer == 'y' || answer == 'a';
}

std::int64_t Now() {
  struct timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

Result<void> AskForEach(Merge& merge, const review::Layer& layer, const std::string& source) {
  if (!HasTerminal()) {
    return Fail(Error(ErrorKind::kUsage, "--interactive: there is no terminal to ask at"));
  }
  std::vector<Step>& steps = merge.Steps();
  Choice choice;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step& step = steps[i];
    if (!IsAskedFor(steps, i)) {
      // Made with what is in it, or not at all.
      if (step.decision.action == review::Action::kMakeDirectory) step.is_wanted = false;
      continue;
    }
    step.is_wanted = TRY(IsChosen(choice, step, layer, source));
    if (step.is_wanted) Merge::Allow(step);
    if (!Goes(step)) continue;
    // What is in a directory that goes was asked for with it.
    while (i + 1 < steps.size() && IsInDirectoryThatGoes(steps[i + 1], step))
      steps[++i].is_wanted = step.is_wanted;
  }
  return {};
}

Result<void> AskForThoseThatRunLater(Merge& merge) {
  const auto waits = [](const Step& step) {
    return step.is_wanted && review::IsForAYes(step.decision.reason);
  };
  if (!HasTerminal() || std::ranges::none_of(merge.Steps(), waits)) return {};
  std::string text =
      "These run code later, outside of the sandbox, or say what sandboxes are not to see:\n";
  for (const Step& step : merge.Steps()) {
    if (waits(step)) text += "  " + DescribeAllowed(step);
  }
  const std::string answer = TRY(Ask(text + "Apply them, too? [y,N] "));
  if (!IsYes(answer)) return {};
  for (Step& step : merge.Steps()) {
    if (waits(step)) Merge::Allow(step);
  }
  return {};
}

ProgressLine::ProgressLine(const std::vector<Step>& steps)
    : is_on_(kernel::IsTerminal(STDERR_FILENO)) {
  all_ = static_cast<std::size_t>(
      std::ranges::count_if(steps, [](const Step& step) { return step.IsToDo(); }));
}

Result<void> ProgressLine::Report(const Step& /*step*/) {
  constexpr std::int64_t kPause = 100;
  ++done_;
  if (!is_on_ || Now() < next_) return {};
  next_ = Now() + kPause;
  is_shown_ = true;
  return kernel::WriteAll(STDERR_FILENO,
                          "\r" + std::to_string(done_) + " of " + std::to_string(all_) + "\x1b[K");
}

void ProgressLine::Clear() {
  if (is_shown_) (void)kernel::WriteAll(STDERR_FILENO, "\r\x1b[K");
  is_shown_ = false;
}

}  // namespace agentbox::container
