// Reviews of a tree of the test's own, and what is done with them.
#pragma once

#include <string>
#include <vector>

#include "support/do_box.h"

namespace agentbox::test {

struct ApplyBox : DoBox {
  ApplyBox() = default;
  ApplyBox(const ApplyBox&) = delete;
  ApplyBox& operator=(const ApplyBox&) = delete;
  // What a case leaves, when it fails, is not to be found by the next.
  ~ApplyBox() { DiscardReviews(); }

  // For review, of a script that succeeds; the name of the review, and what the script printed.
  std::string Review(const std::string& script, const std::vector<std::string>& options = {});

  std::vector<std::string> ApplyCommand(const std::vector<std::string>& args) const;
  Outcome Apply(const std::vector<std::string>& args = {}) const;
  // In the tree.
  Outcome Agentbox(const std::vector<std::string>& words) const;

  // Of all that would remove the review, or change it, nothing does.
  void CheckIsLeftAlone(const std::string& name) const;

  // The output of a script that succeeds, in the tree.
  std::string Host(const std::string& script) const;

  static bool IsKept(const std::string& name);

  std::string printed;
};

}  // namespace agentbox::test
