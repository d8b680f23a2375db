#include "review/describe.h"

#include <string_view>
#include <utility>

#include "base/printable.h"
#include "review/quoting.h"

namespace agentbox::review {
namespace {

std::string ToString(const Owner& owner) {
  return std::to_string(owner.uid) + ":" + std::to_string(owner.gid);
}

std::string Line(std::string verb, const std::string& path, const std::string& why) {
  verb.resize(9, ' ');
  std::string line = std::move(verb) + QuotedName(path);
  if (!why.empty()) line += " (" + Printable(why) + ")";
  return line + "\n";
}

}  // namespace

std::string Verb(const Step& step) {
  if (step.layer.st_mode == 0) return "delete";
  if (step.real.st_mode == 0) return "add";
  if ((step.layer.st_mode & S_IFMT) != (step.real.st_mode & S_IFMT)) return "replace";
  return "change";
}

std::string Notes(const Step& step) {
  std::string notes;
  const auto add = [&notes](std::string_view note) {
    if (!notes.empty()) notes += ", ";
    notes += note;
  };
  const Decision& decision = step.decision;
  if (decision.drops_set_id) add("set-id bits left out");
  if (decision.changes_owner) {
    add("its owner is outside of the sandbox's ids: given to " + ToString(decision.owner));
  }
  if (decision.drops_xattrs) add("access list or capabilities left out");
  if (step.leads_out) add("a symbolic link out of the tree");
  if (step.runs_later) add("runs code later");
  return notes;
}

std::string DescribeSkipped(const std::string& path, const Error& why) {
  return Line("skipped", path, why.ToString());
}

std::string Describe(const Step& step) {
  const Decision& decision = step.decision;
  const std::string verb = decision.action == Action::kRefuse ? "refused"
                           : decision.action == Action::kSkip ? "skipped"
                                                              : Verb(step);
  const mode_t mode = step.layer.st_mode != 0 ? step.layer.st_mode : step.real.st_mode;
  std::string why;
  if (decision.reason == Reason::kFailed) {
    why = step.failure;
  } else if (decision.IsLeftOut()) {
    why = Text(decision.reason);
  } else {
    why = Notes(step);
  }
  return Line(verb, S_ISDIR(mode) ? step.path + "/" : step.path, why);
}

}  // namespace agentbox::review
