#include "policy/deny.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace agentbox::policy {
namespace {

// Far above any rule that a person writes.
constexpr std::size_t kLongestRule = 1024;

// "key" is the private key of a certificate, in the file itself.
constexpr std::array<std::string_view, 4> kTokenNames = {"_authtoken", "_auth", "_password", "key"};

Error Bad(const std::string& rule, const std::string& why) {
  return Error(ErrorKind::kInvalidSpec, Quoted(rule) + " " + why);
}

bool IsAboutHomes(std::string_view rule) {
  return rule.starts_with("~/") || rule.starts_with("!~/");
}

std::string InLowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool IsOfName(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// "${NAME}" or "${NAME?}" and nothing else: the program that reads the file puts the variable
// there. What comes after the name otherwise is a value for when it is not set: "${NAME:-VALUE}".
bool IsVariable(std::string_view value) {
  if (!value.starts_with("${") || !value.ends_with('}')) return false;
  std::string_view name = value.substr(2, value.size() - 3);
  if (name.ends_with('?')) name.remove_suffix(1);
  return !name.empty() && std::ranges::all_of(name, IsOfName);
}

std::string_view Unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != value.back()) return value;
  if (value.front() != '"' && value.front() != '\'') return value;
  return value.substr(1, value.size() - 2);
}

}  // namespace

Result<DenyRules> DenyRules::Make(const std::vector<std::string>& rules, DenyRoot root) {
  DenyRules made;
  for (const std::string& text : rules) {
    Rule rule = TRY(ReadRule(text));
    if (IsAboutHomes(text) == (root == DenyRoot::kHome)) made.rules_.push_back(std::move(rule));
  }
  return made;
}

Result<DenyRules::Rule> DenyRules::ReadRule(const std::string& text) {
  if (text.size() > kLongestRule) return Fail(Bad(text.substr(0, 40), "... is too long"));
  Rule rule = {.text = text};
  std::string_view rest = text;
  if (rest.starts_with('!')) {
    rule.is_exception = true;
    rest.remove_prefix(1);
  }
  const bool is_about_homes = rest.starts_with("~/");
  if (is_about_homes) rest.remove_prefix(1);
  const bool begins_at_root = rest.starts_with('/');
  if (begins_at_root) rest.remove_prefix(1);
  // Of "a\/" the backslash would be left alone: an error below.
  rule.is_for_directories = rest.ends_with('/');
  if (rule.is_for_directories) rest.remove_suffix(1);
  if (rest.empty()) return Fail(Bad(text, "names nothing"));

  for (const std::string_view name : Split(rest, '/')) {
    if (name.empty() || name == "." || name == "..") {
      return Fail(Bad(text, "has an empty name, \".\" or \"..\" in it"));
    }
    Part part = {.is_any_depth = name == "**"};
    if (part.is_any_depth && is_about_homes) {
      return Fail(Bad(text, "has \"**\": homes are not searched"));
    }
    if (part.is_any_depth && !rule.parts.empty() && rule.parts.back().is_any_depth) continue;
    auto glob = NameGlob::Make(name);
    if (!glob) return Fail(Bad(text, glob.error().ToString()));
    part.name = *std::move(glob);
    rule.parts.push_back(std::move(part));
  }
  // "**/NAME" is NAME.
  const bool is_found_anywhere = rule.parts.size() == 2 && rule.parts.front().is_any_depth;
  if (is_found_anywhere) rule.parts.erase(rule.parts.begin());
  rule.is_for_any_name = rule.parts.size() == 1 &&
                         (is_found_anywhere || (!begins_at_root && !is_about_homes)) &&
                         !rule.parts.front().is_any_depth;
  return rule;
}

const std::string* DenyRules::Denying(std::string_view path, bool is_directory) const {
  const std::string_view last = path.substr(path.rfind('/') + 1);
  Names names;
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->is_for_directories && !is_directory) continue;
    bool matches = false;
    if (rule->is_for_any_name) {
      matches = rule->parts.front().name.Matches(last);
    } else {
      if (names.empty()) names = Split(path, '/');
      matches = Matches(*rule, names);
    }
    if (matches) return rule->is_exception ? nullptr : &rule->text;
  }
  return nullptr;
}

// As NameGlob::Matches, with names in the place of bytes and "**" in that of stars.
bool DenyRules::Matches(const Rule& rule, const Names& names) {
  const std::vector<Part>& parts = rule.parts;
  std::size_t part = 0;
  std::size_t at = 0;
  std::size_t any_depth = parts.size();
  std::size_t taken_by_it = 0;
  while (at < names.size()) {
    if (part < parts.size() && parts[part].is_any_depth) {
      if (part + 1 == parts.size()) return true;
      any_depth = part++;
      taken_by_it = at;
    } else if (part < parts.size() && parts[part].name.Matches(names[at])) {
      ++part;
      ++at;
    } else if (any_depth < parts.size()) {
      part = any_depth + 1;
      at = ++taken_by_it;
    } else {
      return false;
    }
  }
  return part == parts.size();
}

bool DenyRules::MayDenyBelow(std::string_view path) const {
  const Names names = path.empty() ? Names() : Split(path, '/');
  return std::ranges::any_of(rules_, [&names](const Rule& rule) {
    return !rule.is_exception && (rule.is_for_any_name || MayMatchBelow(rule, names));
  });
}

bool DenyRules::MayMatchBelow(const Rule& rule, const Names& names) {
  for (std::size_t i = 0; i < rule.parts.size(); ++i) {
    if (rule.parts[i].is_any_depth || i == names.size()) return true;
    if (!rule.parts[i].name.Matches(names[i])) return false;
  }
  return false;
}

bool HasToken(std::string_view text) {
  for (const std::string_view line : Split(text, '\n')) {
    const std::string_view setting = Trimmed(line);
    const auto equals = setting.find('=');
    if (equals == std::string_view::npos || setting.starts_with('#') || setting.starts_with(';')) {
      continue;
    }
    // "//registry.npmjs.org/:_authToken", which may be in quotes.
    const std::string_view key = Unquoted(Trimmed(setting.substr(0, equals)));
    const std::string name = InLowerCase(key.substr(key.rfind(':') + 1));
    const std::string_view value = Unquoted(Trimmed(setting.substr(equals + 1)));
    const bool is_token = std::ranges::find(kTokenNames, name) != kTokenNames.end();
    if (is_token && !value.empty() && !IsVariable(value)) return true;
  }
  return false;
}

}  // namespace agentbox::policy
