#include "container/id_ranges.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/strings.h"
#include "base/unique_fd.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "plan/ids.h"

namespace agentbox::container {
namespace {

using plan::kIdRangeSize;

constexpr std::string_view kUser = "agentbox";

// The intervals of one table, with those of agentbox apart.
struct SubordinateIds {
  std::vector<IdInterval> ours;
  std::vector<IdInterval> others;
};

Result<SubordinateIds> ReadTable(std::string_view text, const std::string& name) {
  SubordinateIds ids;
  for (const std::string_view line : Split(text, '\n')) {
    const auto fields = Split(Trimmed(line), ':');
    const bool is_ours = fields.front() == kUser;
    const auto first = fields.size() == 3 ? ParseNumber<std::uint32_t>(fields[1]) : std::nullopt;
    const auto count = fields.size() == 3 ? ParseNumber<std::uint32_t>(fields[2]) : std::nullopt;
    if (!first || !count) {
      if (!is_ours) continue;  // comments, blank lines, and what shadow-utils passes over as well
      return Fail(Error(ErrorKind::kInvalidSpec,
                        name + ": expected agentbox:FIRST:COUNT, found " + Quoted(line)));
    }
    const IdInterval interval = {*first, std::uint64_t{*first} + *count};
    (is_ours ? ids.ours : ids.others).push_back(interval);
  }
  return ids;
}

std::vector<IdInterval> Sorted(std::vector<IdInterval> intervals) {
  std::sort(intervals.begin(), intervals.end(), [](const IdInterval& a, const IdInterval& b) {
    return a.first < b.first;
  });
  return intervals;
}

std::vector<IdInterval> Common(const std::vector<IdInterval>& left,
                               const std::vector<IdInterval>& right) {
  std::vector<IdInterval> common;
  for (const IdInterval& a : left) {
    for (const IdInterval& b : right) {
      const std::uint64_t first = std::max({a.first, b.first, kLowestSubordinateId});
      const std::uint64_t end = std::min(a.end, b.end);
      if (end >= first + kIdRangeSize) common.push_back({first, end});
    }
  }
  return Sorted(std::move(common));
}

std::vector<IdInterval> Without(IdInterval whole, std::vector<IdInterval> holes) {
  std::vector<IdInterval> rest;
  for (const IdInterval& hole : Sorted(std::move(holes))) {
    if (hole.end <= whole.first || hole.first >= whole.end) continue;
    if (hole.first >= whole.first + kIdRangeSize) rest.push_back({whole.first, hole.first});
    whole.first = std::max(whole.first, hole.end);
  }
  if (whole.end >= whole.first + kIdRangeSize) rest.push_back(whole);
  return rest;
}

// The directory of records, locked while the descriptor is open.
Result<UniqueFd> OpenRecords(const std::string& path) {
  UniqueFd records = TRY(kernel::Open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY_WITHIN(kernel::Lock(records.Get()), path);
  return records;
}

Result<UniqueFd> MakeRecords(const std::string& path) {
  auto opened = OpenRecords(path);
  if (opened || opened.error().Errno() != ENOENT) return opened;
  TRY(kernel::MakeDirectories(path, 0700));
  return OpenRecords(path);
}

// Nothing without root, where there are no ranges of ours, and no right to look either.
Result<std::optional<UniqueFd>> FindRecords(const std::string& path) {
  auto records = OpenRecords(path);
  if (records) return std::optional<UniqueFd>(*std::move(records));
  const int number = records.error().Errno();
  if (number == ENOENT || number == EACCES) return std::optional<UniqueFd>();
  return Fail(std::move(records).error());
}

struct Record {
  std::string name;
  std::uint32_t first = 0;
};

Result<std::vector<Record>> ListRecords(const UniqueFd& records) {
  std::vector<Record> list;
  for (std::string& name : TRY(kernel::ListDirectory(records.Get()))) {
    const auto first = ParseNumber<std::uint32_t>(Split(name, '.').front());
    if (first) list.push_back({std::move(name), *first});
  }
  return list;
}

std::vector<std::uint32_t> Firsts(const std::vector<Record>& list) {
  std::vector<std::uint32_t> firsts;
  firsts.reserve(list.size());
  for (const Record& record : list)
    firsts.push_back(record.first);
  return firsts;
}

// Removes the records whose state directory is gone, from the directory and from `list`.
Result<std::vector<std::uint32_t>> RemoveStale(const UniqueFd& records, std::vector<Record>& list) {
  std::vector<std::uint32_t> removed;
  std::vector<Record> kept;
  for (Record& record : list) {
    if (TRY(kernel::Exists(records.Get(), record.name))) {
      kept.push_back(std::move(record));
    } else {
      TRY(kernel::RemoveFile(records.Get(), record.name));
      removed.push_back(record.first);
    }
  }
  list = std::move(kept);
  return removed;
}

Error Exhausted(const IdPool& pool) {
  std::uint64_t ranges = 0;
  for (const IdInterval& interval : pool.intervals) {
    ranges += (interval.end - interval.first) / kIdRangeSize;
  }
  return Error(ErrorKind::kRefused,
               "all " + std::to_string(ranges) + " ranges of 65536 ids are in use: delete " +
                   "containers, or give the user agentbox more ids in /etc/subuid and /etc/subgid");
}

Result<std::string> ReadIfThere(const std::string& path) {
  auto text = kernel::ReadFile(AT_FDCWD, path);
  if (!text && text.error().Errno() == ENOENT) return std::string();
  return text;
}

}  // namespace

Result<IdPool> ReadIdPool(std::string_view subuid, std::string_view subgid) {
  const SubordinateIds users = TRY(ReadTable(subuid, "/etc/subuid"));
  const SubordinateIds groups = TRY(ReadTable(subgid, "/etc/subgid"));
  if (users.ours.empty() && groups.ours.empty()) {
    std::vector<IdInterval> holes = users.others;
    holes.insert(holes.end(), groups.others.begin(), groups.others.end());
    return IdPool{.intervals = Without(kBuiltInIds, std::move(holes)), .is_built_in = true};
  }
  IdPool pool = {.intervals = Common(users.ours, groups.ours)};
  if (pool.intervals.empty()) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      "/etc/subuid and /etc/subgid give the user agentbox no 65536 ids from 100000 "
                      "on in common"));
  }
  return pool;
}

Result<IdPool> FindIdPool(const IdRangeFiles& files) {
  const std::string subuid = TRY(ReadIfThere(files.subuid));
  const std::string subgid = TRY(ReadIfThere(files.subgid));
  return ReadIdPool(subuid, subgid);
}

std::optional<std::uint32_t> PickIdRange(const IdPool& pool, std::vector<std::uint32_t> taken) {
  std::sort(taken.begin(), taken.end());
  for (const IdInterval& interval : pool.intervals) {
    std::uint64_t first = interval.first;
    for (const std::uint32_t other : taken) {
      const bool is_apart = first + kIdRangeSize <= other || first >= other + kIdRangeSize;
      if (!is_apart) first = std::uint64_t{other} + kIdRangeSize;
    }
    if (first + kIdRangeSize <= interval.end) return static_cast<std::uint32_t>(first);
  }
  return std::nullopt;
}

Result<std::uint32_t> AllocateIdRange(const std::string& owner, const IdRangeFiles& files) {
  const IdPool pool = TRY(FindIdPool(files));
  const UniqueFd records = TRY(MakeRecords(files.records));
  std::vector<Record> list = TRY(ListRecords(records));
  auto first = PickIdRange(pool, Firsts(list));
  if (!first) {
    TRY(RemoveStale(records, list));
    first = PickIdRange(pool, Firsts(list));
  }
  if (!first) return Fail(Exhausted(pool));
  TRY_WITHIN(kernel::MakeSymlink(owner, records.Get(), std::to_string(*first)), files.records);
  return *first;
}

Result<void> ShareIdRange(std::uint32_t first,
                          const std::string& owner,
                          const IdRangeFiles& files) {
  const std::optional<UniqueFd> records = TRY(FindRecords(files.records));
  if (!records) return {};
  const std::vector<std::uint32_t> taken = Firsts(TRY(ListRecords(*records)));
  if (std::find(taken.begin(), taken.end(), first) == taken.end()) return {};
  for (unsigned number = 1;; ++number) {
    const std::string name = std::to_string(first) + "." + std::to_string(number);
    auto made = kernel::MakeSymlink(owner, records->Get(), name);
    if (made || made.error().Errno() != EEXIST) return made;
  }
}

Result<void> FreeIdRange(const std::string& owner, const IdRangeFiles& files) {
  const std::optional<UniqueFd> records = TRY(FindRecords(files.records));
  if (!records) return {};
  for (const Record& record : TRY(ListRecords(*records))) {
    if (TRY(kernel::ReadLink(records->Get(), record.name)) != owner) continue;
    TRY(kernel::RemoveFile(records->Get(), record.name));
  }
  return {};
}

Result<std::vector<std::uint32_t>> FreeStaleIdRanges(const IdRangeFiles& files) {
  const std::optional<UniqueFd> records = TRY(FindRecords(files.records));
  if (!records) return std::vector<std::uint32_t>();
  std::vector<Record> list = TRY(ListRecords(*records));
  return RemoveStale(*records, list);
}

}  // namespace agentbox::container
