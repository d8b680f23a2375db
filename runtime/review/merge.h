// The changes of a layer brought into the real tree.
//
// First all changes are listed, and it is decided about each (review/decision.h). Then what is made
// and changed comes first, directories before what is in them, and what goes last, the other way
// round. Each step is atomic, and what it does is no change of the layer any more: an apply that
// was interrupted is gone on with by another one.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "review/bystanders.h"
#include "review/changes.h"
#include "review/decision.h"
#include "review/entry.h"
#include "review/exchange_note.h"
#include "review/real_tree.h"

namespace agentbox::review {

struct MergeOptions {
  Rules rules;
  std::string source;                  // the real tree, absolute
  std::string name;                    // Review::OwnNameOf this tree
  ExchangeNote note;                   // of this tree
  Bystanders bystanders;               // of this tree
  std::vector<std::string> run_later;  // policy: review.execConfig
  std::vector<std::string> only;       // paths in the tree; empty: all
};

// One change, and what becomes of it.
struct Step {
  std::string path;
  std::string data;   // Change::data
  std::string first;  // of a further name of a file: the first one
  // Of what the real tree has: the steps that bring what the layer has made of it to other names;
  // and of one of those, that step, or those steps where it stands for all that is below it.
  std::vector<std::size_t> renamed_to;
  std::vector<std::size_t> renamed_from;
  bool is_moved_away = false;  // it is not what the layer has here
  struct stat real = {};
  struct stat layer = {};
  Decision decision;
  bool runs_later = false;
  bool leads_out = false;  // a symlink, out of the tree
  bool is_wanted = true;   // false: neither done nor left out
  bool is_done = false;
  std::string failure;  // the error, where the reason is kFailed

  // Whether the real tree has it, or is to have it by what is planned.
  bool IsToDo() const { return is_wanted && !decision.IsLeftOut() && !is_done; }
};

// Is told of each step when it has been done or has turned out to be impossible.
class Observer {
 public:
  virtual Result<void> Report(const Step& step) = 0;

 protected:
  ~Observer() = default;
};

class Merge {
 public:
  // What there is to do; nothing is changed. What an apply that was killed has left in the middle
  // of a step was put right before (RealTree::Recover). `layer` must live as long as this object.
  static Result<Merge> Plan(const Layer& layer, const MergeOptions& options);

  // In the order of the paths. Before Carry, steps can be left out by is_wanted, and those that
  // wait for a yes be let through.
  std::vector<Step>& Steps() { return steps_; }
  const std::vector<Step>& Steps() const { return steps_; }

  // Lets a step through that only its running code later has stopped.
  static void Allow(Step& step);

  // What follows from the choices for other steps: a directory is wanted with what is to be in it,
  // and what belongs in one that is left out is left out. Once the last choice is made.
  void Resolve();

  // An error of one step is its reason (kFailed) and the end of that step alone, but where the next
  // would fail of the same: a full or broken disk.
  Result<void> Carry(Observer& observer);

 private:
  Merge(const Layer& layer, RealTree tree, const MergeOptions& options)
      : layer_(&layer),
        tree_(std::move(tree)),
        bystanders_(options.bystanders),
        started_(options.rules.started) {}

  Result<void> NoteBystanders();
  void NoteHidden(const std::string& path);
  void ResolveByOuter();
  void ResolveRenamed();
  void Keep(std::size_t index, std::vector<std::size_t>& left);
  void ResolveReplaced(std::size_t index);
  void ResolveEmptied();
  bool LosesFile(const Step& step) const;
  Result<Reason> Try(const Step& step);
  Result<Reason> Put(const Step& step);
  Result<std::optional<UniqueFd>> FirstNameOf(const Step& step, const Entry& entry) const;
  std::vector<std::size_t> InOrder() const;
  Result<void> Do(Step& step, Observer& observer);
  Result<void> CleanUp();

  const Layer* layer_;
  RealTree tree_;
  Bystanders bystanders_;
  std::int64_t started_;  // Rules::started
  std::vector<Step> steps_;
  std::unordered_set<std::string> staying_;  // directories with what was hidden in them
  std::vector<std::string> leftovers_;  // directories with a copy of an interrupted apply in them
};

}  // namespace agentbox::review
