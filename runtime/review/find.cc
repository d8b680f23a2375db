#include "review/find.h"

#include <algorithm>
#include <iterator>

#include "base/strings.h"
#include "plan/mounts.h"

namespace agentbox::review {
namespace {

bool IsAbout(const Record& record, const std::string& cwd) {
  return std::ranges::any_of(record.mounts, [&cwd](const ReviewedMount& mount) {
    return plan::IsAtOrBelow(cwd, mount.source) || plan::IsAtOrBelow(mount.source, cwd);
  });
}

}  // namespace

Result<Record> Find(const std::vector<Record>& records,
                    const std::string& name,
                    const std::string& cwd) {
  if (!name.empty()) {
    const auto named = std::ranges::find(records, name, &Record::name);
    if (named != records.end()) return *named;
    return Fail(Error(ErrorKind::kNotFound, "there is no review " + Quoted(name)));
  }
  std::vector<Record> about;
  std::ranges::copy_if(records, std::back_inserter(about), [&cwd](const Record& record) {
    return IsAbout(record, cwd);
  });
  if (about.size() == 1) return about.front();
  if (about.empty()) {
    return Fail(Error(ErrorKind::kNotFound, "nothing of " + Quoted(cwd) + " waits for review"));
  }
  std::vector<std::string> names;
  for (const Record& record : about)
    names.push_back(record.name);
  return Fail(
      Error(ErrorKind::kUsage,
            "several reviews are of " + Quoted(cwd) + ": name one of " + Join(names, ", ")));
}

}  // namespace agentbox::review
