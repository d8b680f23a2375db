#include "review/walk.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "kernel/file.h"

namespace agentbox::review {
namespace {

// With descriptors open, of up to three directories each.
constexpr std::size_t kOpenLevels = 32;

Result<void> AddNames(const std::optional<UniqueFd>& directory, std::vector<std::string>& names) {
  if (!directory) return {};
  for (std::string& name : TRY(kernel::ListDirectory(directory->Get())))
    names.push_back(std::move(name));
  return {};
}

// What may differ: where nothing but the layer does, its own entries.
Result<std::vector<std::string>> NamesOf(const Level& level) {
  std::vector<std::string> names;
  TRY(AddNames(level.upper, names));
  if (!level.is_same) TRY(AddNames(level.lower, names));
  if (!level.is_same && level.is_deletable) TRY(AddNames(level.real, names));
  std::ranges::sort(names, std::ranges::greater());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

Result<void> Levels::Enter(Level level, const std::string& lower_path) {
  const std::size_t above = levels_.empty() ? 0 : levels_.back().redirects;
  Open open = {.level = std::move(level), .path_size = path_.size(), .redirects = above};
  open.names = TRY(NamesOf(open.level));
  if ((open.level.lower || open.level.is_same) && lower_path != LowerPathOf(path_, above)) {
    redirects_.push_back({path_.size(), lower_path});
    open.redirects = redirects_.size();
  }
  levels_.push_back(std::move(open));
  if (levels_.size() > kOpenLevels) Close(levels_[levels_.size() - 1 - kOpenLevels]);
  return {};
}

Result<std::optional<std::string>> Levels::Next() {
  while (!levels_.empty() && levels_.back().names.empty()) {
    levels_.pop_back();
    redirects_.resize(levels_.empty() ? 0 : levels_.back().redirects);
  }
  if (levels_.empty()) return std::optional<std::string>();
  Open& open = levels_.back();
  path_.resize(open.path_size);
  TRY_WITHIN(Reopen(open), path_);
  std::string name = std::move(open.names.back());
  open.names.pop_back();
  if (!path_.empty()) path_ += '/';
  path_ += name;
  return std::optional(std::move(name));
}

std::string Levels::LowerPathOf(const std::string& path, std::size_t redirects) const {
  if (redirects == 0) return path;
  const Redirect& redirect = redirects_[redirects - 1];
  return redirect.lower_path + path.substr(redirect.path_size);
}

std::string Levels::LowerPath() const {
  return LowerPathOf(path_, levels_.back().redirects);
}

std::string Levels::LowerPathBeside(const std::string& name) const {
  const std::string path = LowerPath();
  return path.substr(0, path.rfind('/') + 1) + name;
}

Result<void> Levels::Reopen(Open& open) {
  const auto again =
      [](std::optional<UniqueFd>& directory, int root, const std::string& path) -> Result<void> {
    if (!directory || *directory) return {};
    std::optional<Entry> entry = TRY(LookBelow(root, path));
    // Gone meanwhile, with all that is left to look at in it.
    if (!entry || !entry->IsDirectory()) {
      directory.reset();
    } else {
      directory = std::move(entry->file);
    }
    return {};
  };
  TRY(again(open.level.upper, layer_.upper, path_));
  TRY(again(open.level.lower, layer_.tree, LowerPathOf(path_, open.redirects)));
  return again(open.level.real, layer_.tree, path_);
}

void Levels::Close(Open& open) {
  for (auto* const directory : {&open.level.upper, &open.level.lower, &open.level.real}) {
    if (*directory) (*directory)->Reset();
  }
}

}  // namespace agentbox::review
