#include <array>

#include "cli/verbs.h"
#include "container/diff_review.h"

namespace agentbox::cli {
namespace {

using review::DiffFormat;

constexpr std::array kOptions = {
    Option{"patch", 'p', "", "print a patch for git apply and patch -p1"},
    Option{"stat", 0, "", "count the lines that are added and deleted"},
    Option{"json", 0, "", "print JSON, an object a line"},
    Option{"other-tree", 0, "", "also where another directory has taken the real tree's place"},
    Option{"color", 0, "auto|always|never", "default: auto, on a terminal"},
    Option{"no-pager", 0, "", "print to the terminal itself"},
};

Result<DiffFormat> ReadFormat(const Arguments& arguments) {
  constexpr std::array<std::pair<std::string_view, DiffFormat>, 3> kFormats = {
      {{"patch", DiffFormat::kPatch}, {"stat", DiffFormat::kStat}, {"json", DiffFormat::kJson}}};
  DiffFormat format = DiffFormat::kList;
  for (const auto& [name, one] : kFormats) {
    if (!arguments.Has(name)) continue;
    if (format != DiffFormat::kList) {
      return Fail(Error(ErrorKind::kUsage, "--patch, --stat and --json exclude each other"));
    }
    format = one;
  }
  return format;
}

review::Coloring ReadColoring(const Arguments& arguments) {
  // The table has let none but these through.
  const std::string color = arguments.ValueOr("color", "auto");
  if (color == "always") return review::Coloring::kAlways;
  return color == "never" ? review::Coloring::kNever : review::Coloring::kAuto;
}

Result<int> Run(const Invocation& invocation) {
  container::DiffOptions options;
  options.words = invocation.arguments.Words();
  options.format = TRY(ReadFormat(invocation.arguments));
  if (invocation.arguments.Has("other-tree")) options.trees = review::TreeRule::kAny;
  options.coloring = ReadColoring(invocation.arguments);
  options.has_pager = !invocation.arguments.Has("no-pager");
  TRY(container::DiffReview(invocation.runtime, options));
  return 0;
}

}  // namespace

constexpr Command kDiff = {
    .name = "diff",
    .words = "[NAME] [PATH...]",
    .summary = "show what a sandbox changed that waits for review",
    .example = "agentbox diff -p",
    .options = kOptions,
    .run = Run,
    .mounts = true,
};

}  // namespace agentbox::cli
