#include "review/find.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <optional>

#include "base/strings.h"
#include "plan/mounts.h"

namespace agentbox::review {
namespace {

std::ptrdiff_t DepthOf(const std::string& path) {
  return path == "/" ? 0 : std::ranges::count(path, '/');
}

// How many levels the nearest tree that `cwd` is in, or that is below it, is away; nothing where
// the record is of others alone.
std::optional<std::ptrdiff_t> Distance(const Record& record, const std::string& cwd) {
  std::optional<std::ptrdiff_t> least;
  for (const ReviewedMount& mount : record.mounts) {
    const std::string shown = mount.Shown();
    if (!plan::IsAtOrBelow(cwd, shown) && !plan::IsAtOrBelow(shown, cwd)) continue;
    const std::ptrdiff_t distance = std::abs(DepthOf(cwd) - DepthOf(shown));
    least = std::min(least.value_or(distance), distance);
  }
  return least;
}

Error Several(const std::vector<Record>& records, const std::string& what) {
  std::vector<std::string> names;
  for (const Record& record : records)
    names.push_back(record.name);
  return {ErrorKind::kUsage,
          "several reviews are of " + Quoted(what) + ": name one of " + Join(names, ", ")};
}

Result<Record> OnlyNamed(const std::vector<Record>& records, const std::string& name) {
  const std::vector<Record> named = Named(records, name);
  if (named.empty()) return Fail(Error(ErrorKind::kNotFound, "there is no review " + Quoted(name)));
  if (named.size() > 1) return Fail(Several(named, name));
  return named.front();
}

std::vector<Record> Those(const std::vector<Record>& records,
                          const std::function<bool(const Record&)>& are_meant) {
  std::vector<Record> those;
  std::ranges::copy_if(records, std::back_inserter(those), are_meant);
  return those;
}

// Other ids are words, as the paths are that a command line may have in the place of a name.
bool IsOfEngine(const std::string& id) {
  constexpr std::size_t kEngineId = 64;
  return id.size() == kEngineId && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::vector<Record> Named(const std::vector<Record>& records, const std::string& word) {
  constexpr std::size_t kFewest = 4;
  std::vector<Record> named =
      Those(records, [&](const Record& record) { return record.name == word; });
  if (named.empty())
    named = Those(records, [&](const Record& record) { return record.container == word; });
  if (!named.empty() || word.size() < kFewest) return named;
  return Those(records, [&](const Record& record) {
    return IsOfEngine(record.container) && record.container.starts_with(word);
  });
}

Result<Record> Find(const std::vector<Record>& records,
                    const std::string& name,
                    const std::string& cwd) {
  if (!name.empty()) return OnlyNamed(records, name);
  std::vector<Record> about;
  std::vector<Record> nearest;
  std::ptrdiff_t least = PTRDIFF_MAX;
  for (const Record& record : records) {
    const auto distance = Distance(record, cwd);
    if (!distance) continue;
    about.push_back(record);
    if (*distance < least) nearest.clear();
    least = std::min(least, *distance);
    if (*distance == least) nearest.push_back(record);
  }
  if (nearest.size() == 1) return nearest.front();
  if (!about.empty()) return Fail(Several(about, cwd));
  return Fail(Error(ErrorKind::kNotFound, "nothing of " + Quoted(cwd) + " waits for review"));
}

}  // namespace agentbox::review
