#include "container/environment.h"

#include <fnmatch.h>

#include <algorithm>
#include <string_view>

namespace agentbox::container {
namespace {

std::string NameOf(const std::string& variable) {
  return variable.substr(0, variable.find('='));
}

bool Matches(const std::string& name, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&name](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), FNM_CASEFOLD) == 0;
  });
}

// scheme://user:password@host
bool HasPassword(std::string_view variable) {
  const auto scheme = variable.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = variable.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return false;
  const auto colon = authority.find(':');
  return colon < at && colon + 1 < at;
}

bool IsHidden(const std::string& variable, const policy::Policy& policy) {
  const std::string name = NameOf(variable);
  if (Matches(name, policy.kept_environment)) return false;
  return Matches(name, policy.hidden_environment) || HasPassword(variable);
}

}  // namespace

FilteredEnvironment FilterEnvironment(const std::vector<std::string>& own,
                                      const policy::Policy& policy,
                                      const std::vector<std::string>& asked_for) {
  FilteredEnvironment filtered;
  for (const std::string& variable : own) {
    const bool is_asked_for = std::ranges::find(asked_for, NameOf(variable)) != asked_for.end();
    if (is_asked_for || !IsHidden(variable, policy)) {
      filtered.variables.push_back(variable);
    } else {
      filtered.dropped.push_back(NameOf(variable));
    }
  }
  for (const std::string& variable : asked_for) {
    const auto equals = variable.find('=');
    if (equals == std::string::npos) continue;
    const std::string name = variable.substr(0, equals);
    SetVariable(filtered.variables, name, variable.substr(equals + 1));
    std::erase(filtered.dropped, name);
  }
  std::ranges::sort(filtered.dropped);
  return filtered;
}

void SetVariable(std::vector<std::string>& variables,
                 const std::string& name,
                 const std::string& value) {
  std::erase_if(variables, [&name](const std::string& one) { return NameOf(one) == name; });
  variables.push_back(name + "=" + value);
}

}  // namespace agentbox::container
