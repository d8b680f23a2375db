// A real tree and a layer over it, made by the kernel's overlay: what an agent does in the one is
// applied to the other by review/ alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "review/merge.h"

namespace agentbox::test {

// Each path of a tree with its type, mode, owner, content and attributes of users, and the paths
// that are one file with it. Two trees of which this is equal are equal.
using Snapshot = std::map<std::string, std::string>;
Snapshot SnapshotOf(const std::string& tree);

// What differs, for messages: "- path: ...", "+ path: ...".
std::string Difference(const Snapshot& wanted, const Snapshot& found);

class LayeredTree {
 public:
  // Below /srv, with the files that `script` makes, run by sh in the real tree.
  explicit LayeredTree(const std::string& script);
  LayeredTree(const LayeredTree&) = delete;
  LayeredTree& operator=(const LayeredTree&) = delete;
  ~LayeredTree();

  std::string Real() const { return path_ + "/real"; }
  std::string Upper() const { return path_ + "/upper"; }

  // Runs it by sh in the overlay, or in the real tree.
  void Agent(const std::string& script) const;
  void Host(const std::string& script) const;
  // No more of the overlay: as when the sandbox has ended.
  void End();

  // What the agent has seen at the end.
  const Snapshot& Seen() const { return seen_; }

  struct Options {
    bool force = false;
    bool allow_runs_later = false;
    bool is_trial = false;
    std::vector<std::string> hidden;
    std::vector<std::string> only;
    std::size_t kill_after = 0;  // steps; 0: not
  };
  // "reason path" of each step that was left out, then notes; sorted, a line each. An error is
  // "error: ...".
  std::string Apply(const Options& options) const;
  std::string Apply() const { return Apply(Options()); }
  // The same in a process that kills itself after so many steps; the status it ended with.
  int ApplyInChild(const Options& options) const;

 private:
  std::string path_;
  std::int64_t started_ = 0;
  bool is_mounted_ = false;
  Snapshot seen_;
};

// That all that is left is applied, nothing is said, the tree is what the agent saw, and a second
// apply finds nothing to do.
void EndsAsSeen(const LayeredTree& tree, const LayeredTree::Options& options = {});

// The same of a tree with the files that `before` makes, and what `agent` does to it.
void AppliesAll(const std::string& before, const std::string& agent);

}  // namespace agentbox::test
