// Rules for files that no sandbox gets to see, as gitignore(5) writes them: "**/.env", "~/.ssh".
// Pure. agentbox-policy(5), DENY RULES, has the grammar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/name_glob.h"

namespace agentbox::policy {

// What the paths that a rule is about are relative to. A rule that begins with "~/", or "!~/", is
// about homes, every other about workspaces.
enum class DenyRoot : std::uint8_t { kHome, kWorkspace };

class DenyRules {
 public:
  DenyRules() = default;

  // Those of `rules` that are about `root`, in their order. kInvalidSpec, with the rule, for one
  // that is none, or, whatever `root` is, for any of them.
  static Result<DenyRules> Make(const std::vector<std::string>& rules, DenyRoot root);

  bool IsEmpty() const { return rules_.empty(); }
  const std::string& First() const { return rules_.front().text; }

  // The last rule that matches `path` decides: its text if it denies; null if it begins with "!",
  // or none matches. `path` is relative to the root, without "." and "..". What is below a
  // directory that is denied is denied with it, which this does not look at: who walks a tree does
  // not go into such a directory.
  const std::string* Denying(std::string_view path, bool is_directory) const;

  // Whether a rule could deny something below the directory `path`.
  bool MayDenyBelow(std::string_view path) const;

 private:
  struct Part {
    bool is_any_depth = false;  // "**": any number of names; at the end of a rule one or more
    NameGlob name;
  };
  struct Rule {
    std::string text;
    bool is_exception = false;        // "!"
    bool is_for_directories = false;  // ends in "/"
    bool is_for_any_name = false;     // has one part, which the last name alone has to match
    std::vector<Part> parts;
  };
  using Names = std::vector<std::string_view>;

  static Result<Rule> ReadRule(const std::string& text);
  static bool Matches(const Rule& rule, const Names& names);
  static bool MayMatchBelow(const Rule& rule, const Names& names);

  std::vector<Rule> rules_;
};

// Whether `text`, of an .npmrc or the like, holds what one could log in with: a line that sets
// `_authToken`, `_auth`, `_password` or `key` to more than the name of a variable ("${NPM_TOKEN}").
bool HasToken(std::string_view text);

// More of a file than this is not looked at: it is taken for one with a token.
constexpr std::size_t kTokenFileLimit = std::size_t{64} << 10U;

// What a project itself may say, in a file of this name in a workspace's root: rules that are
// added to those of the policy. Anyone who can write to the workspace writes it.
constexpr const char* kProjectFile = ".agentbox/policy.json";
constexpr std::size_t kProjectFileLimit = std::size_t{64} << 10U;

// The rules in `text`: {"deny": {"files": [...]}}. kInvalidSpec, naming the key, for any other key,
// for an exception, and for a rule about homes.
Result<std::vector<std::string>> ReadProjectRules(std::string_view text);

}  // namespace agentbox::policy
