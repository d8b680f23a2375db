// The rules of a policy, and of a project, about one kind of root, and what they say of an entry
// there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "container/tree_walk.h"
#include "policy/deny.h"
#include "policy/policy.h"

namespace agentbox::container {

struct DenyLists {
  policy::DenyRules files;
  policy::DenyRules with_tokens;
  policy::DenyRules of_project;
  std::string project;  // the file's path

  bool IsEmpty() const { return files.IsEmpty() && with_tokens.IsEmpty() && of_project.IsEmpty(); }
  bool MayDenyBelow(const std::string& path) const {
    return files.MayDenyBelow(path) || with_tokens.MayDenyBelow(path) ||
           of_project.MayDenyBelow(path);
  }
};

// Those of the policy. kInvalidSpec, naming the list, for what is no rule.
Result<DenyLists> DenyListsFor(const policy::Policy& policy, policy::DenyRoot root);

// What denies the entry; nothing if it may be seen.
std::optional<std::string> RuleFor(const WalkedEntry& entry, const DenyLists& lists);

// The rules in the project's own file, which need not be there, in the workspace `root`.
Result<std::vector<std::string>> ReadProject(const UniqueFd& root);

}  // namespace agentbox::container
