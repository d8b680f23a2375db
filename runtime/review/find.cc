#include "review/find.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "base/strings.h"
#include "plan/mounts.h"

namespace agentbox::review {
namespace {

bool IsAbout(const Record& record, const std::string& cwd) {
  return std::ranges::any_of(record.mounts, [&cwd](const ReviewedMount& mount) {
    const std::string shown = mount.Shown();
    return plan::IsAtOrBelow(cwd, shown) || plan::IsAtOrBelow(shown, cwd);
  });
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

Error Several(const std::vector<Record>& records, const std::string& what) {
  std::vector<std::string> names;
  for (const Record& record : records)
    names.push_back(record.name);
  return {ErrorKind::kUsage,
          "several reviews are of " + Quoted(what) + ": name one of " + Join(names, ", ")};
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
  const bool is_named = !name.empty();
  const std::vector<Record> meant =
      is_named ? Named(records, name)
               : Those(records, [&cwd](const Record& record) { return IsAbout(record, cwd); });
  if (meant.size() == 1) return meant.front();
  if (!meant.empty()) return Fail(Several(meant, is_named ? name : cwd));
  return Fail(Error(ErrorKind::kNotFound,
                    is_named ? "there is no review " + Quoted(name)
                             : "nothing of " + Quoted(cwd) + " waits for review"));
}

}  // namespace agentbox::review
