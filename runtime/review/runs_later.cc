#include "review/runs_later.h"

#include <fnmatch.h>

#include <algorithm>
#include <span>

#include "base/strings.h"

namespace agentbox::review {
namespace {

using Parts = std::span<const std::string_view>;

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool MatchesName(std::string_view pattern, std::string_view name) {
  if (pattern.find_first_of("*?[\\") == std::string_view::npos) {
    return std::ranges::equal(pattern, name, {}, Lower, Lower);
  }
  return fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), FNM_CASEFOLD) == 0;
}

// The matches of pattern[i..] with path[j..], from the ends on: time and memory grow with the
// product of the lengths, whatever the pattern.
bool MatchesParts(Parts pattern, Parts path) {
  std::string later(path.size() + 1, '\0');
  later[path.size()] = 1;
  for (std::size_t i = pattern.size(); i-- > 0;) {
    std::string here(path.size() + 1, '\0');
    const bool is_any = pattern[i] == "**";
    // At the end: all below, but not the directory itself.
    const bool is_last = i + 1 == pattern.size();
    if (is_any && !is_last) here[path.size()] = later[path.size()];
    for (std::size_t j = path.size(); j-- > 0;) {
      if (is_any) {
        here[j] = static_cast<char>(is_last || later[j] != 0 || here[j + 1] != 0);
      } else {
        here[j] = static_cast<char>(later[j + 1] != 0 && MatchesName(pattern[i], path[j]));
      }
    }
    later = std::move(here);
  }
  return later[0] != 0;
}

std::vector<std::string_view> PartsOf(std::string_view pattern) {
  std::vector<std::string_view> parts;
  if (pattern.starts_with('/')) {
    pattern.remove_prefix(1);
  } else {
    parts.emplace_back("**");
  }
  for (const std::string_view part : Split(pattern, '/'))
    parts.push_back(part);
  return parts;
}

// The names of a path, from the root on, and which of them are in the tree.
class Names {
 public:
  explicit Names(const TreePath& path) {
    for (const std::string_view name : Split(path.tree, '/')) {
      if (!name.empty()) all_.push_back(name);
    }
    above_ = all_.size();
    for (const std::string_view name : Split(path.path, '/'))
      all_.push_back(name);
  }

  Parts All() const { return all_; }
  std::string_view Last() const { return all_.back(); }
  // Those that the pattern is about.
  Parts For(std::string_view pattern) const {
    return pattern.starts_with('/') ? All().subspan(above_) : All();
  }

 private:
  std::vector<std::string_view> all_;
  std::size_t above_ = 0;
};

bool Matches(std::string_view pattern, const Names& path) {
  const std::string_view last = pattern.substr(pattern.rfind('/') + 1);
  // What most are told apart by.
  if (last != "**" && !MatchesName(last, path.Last())) return false;
  return MatchesParts(PartsOf(pattern), path.For(pattern));
}

// Whether a beginning of `pattern` is the path.
bool MatchesAbove(std::string_view pattern, const Names& path) {
  std::vector<std::string_view> parts = PartsOf(pattern);
  for (parts.pop_back(); !parts.empty(); parts.pop_back()) {
    // What is left of a pattern that may begin anywhere: every path.
    const bool is_anything = std::ranges::count(parts, "**") == std::ssize(parts);
    if (!is_anything && MatchesParts(parts, path.For(pattern))) return true;
  }
  return false;
}

// Without its HEAD git takes no directory for a repository; with it, whatever the directory is
// called, for a bare one, and runs what its config names. That of .git changes with each checkout.
bool MakesBareRepository(Parts path) {
  if (!MatchesName("HEAD", path.back())) return false;
  return std::ranges::none_of(path,
                              [](std::string_view part) { return MatchesName(".git", part); });
}

}  // namespace

bool RunsLater(const std::vector<std::string>& patterns, const TreePath& path) {
  const Names names(path);
  if (MakesBareRepository(names.All())) return true;
  return std::ranges::any_of(
      patterns, [&names](const std::string& pattern) { return Matches(pattern, names); });
}

bool LeadsToWhatRunsLater(const std::vector<std::string>& patterns, const TreePath& path) {
  const Names names(path);
  return std::ranges::any_of(
      patterns, [&names](const std::string& pattern) { return MatchesAbove(pattern, names); });
}

}  // namespace agentbox::review
