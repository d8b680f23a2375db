// The subordinate ids of the user agentbox in /etc/subuid and /etc/subgid (subuid(5)). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace agentbox::engines {

struct IdTables {
  std::string subuid;
  std::string subgid;

  bool operator==(const IdTables&) const = default;
};

// The tables with a line for agentbox in each: the largest part of the built-in range that is
// nobody's. The same where they give it ids already. Errors of container::ReadIdPool, and kRefused
// where there is no such part.
Result<IdTables> AddIdRange(const IdTables& tables);

// The table without agentbox's lines whose ids are of the built-in range.
std::string RemoveIdRange(std::string_view table);

// Whether the lines that RemoveIdRange takes away are those that AddIdRange would add, wherever in
// the tables: others are an administrator's.
bool HasAddedIdRange(const IdTables& tables);

}  // namespace agentbox::engines
