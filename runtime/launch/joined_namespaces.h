// The namespaces that config.json gives by path: opened once, and told apart by who owns them,
// which decides when they can be joined (setns(2) wants CAP_SYS_ADMIN over the owner).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/namespaces.h"

namespace agentbox::launch {

struct OpenNamespace {
  std::string origin;  // "linux.namespaces[2]"
  std::uint64_t flag = 0;
  UniqueFd fd;
};

struct JoinedNamespaces {
  // Owned by the runtime's own user namespace: joined before the container's is made or joined,
  // since inside it the right to do so is gone.
  std::vector<OpenNamespace> of_host;

  // Owned by `user_namespace`, that of an earlier container: joined after it.
  std::vector<OpenNamespace> of_container;
  UniqueFd user_namespace;  // given by path, or owner of the above; empty: a new one is made

  // Given by a path to the runtime's own, which the policy lets be shared: nothing to join.
  std::uint64_t of_runtime = 0;
};

// kInvalidSpec for a path that is no namespace of its type, and for namespaces of two containers
// with different user namespaces; kRefused for one that is the runtime's own, and not shared by
// policy.
Result<JoinedNamespaces> OpenJoinedNamespaces(const plan::NamespacesPlan& plan);

}  // namespace agentbox::launch
