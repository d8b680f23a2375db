#include "container/state_file.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/strings.h"
#include "json/id_map.h"
#include "json/reader.h"
#include "json/writer.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/remove_tree.h"

namespace agentbox::container {
namespace {

const std::string kFile = "state.json";

constexpr std::size_t kLongestId = 1024;

// By the values of the enums.
constexpr std::array<std::string_view, 3> kDrivers = {"none", "cgroupfs", "systemd"};
constexpr std::array<std::string_view, 3> kModes = {"v1", "hybrid", "v2"};

template <typename Enum, std::size_t kSize>
std::string_view Name(const std::array<std::string_view, kSize>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

template <typename Enum, std::size_t kSize>
Result<Enum> ByName(const std::array<std::string_view, kSize>& names,
                    const json::Reader& reader,
                    std::string_view key) {
  const std::string name = TRY(reader.Required<std::string>(key));
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return Fail(reader.InvalidAt(key, "unknown: " + Quoted(name)));
  return static_cast<Enum>(found - names.begin());
}

void WriteCgroup(json::Writer& writer, const cgroups::Location& cgroup) {
  writer.BeginObject("cgroup");
  writer.Member("driver", Name(kDrivers, cgroup.driver));
  writer.Member("mode", Name(kModes, cgroup.mode));
  writer.Member("directories", cgroup.directories);
  writer.Member("unit", cgroup.unit);
  writer.Member("userBus", cgroup.user_bus);
  writer.End();
}

void WriteResctrl(json::Writer& writer, const cgroups::ResctrlLocation& resctrl) {
  writer.BeginObject("resctrl");
  writer.Member("group", resctrl.group);
  writer.Member("monitor", resctrl.monitor);
  writer.Member("isOwn", resctrl.is_own);
  writer.End();
}

Result<cgroups::ResctrlLocation> ReadResctrl(const json::Reader& reader) {
  cgroups::ResctrlLocation resctrl;
  resctrl.group = TRY(reader.Required<std::string>("group"));
  resctrl.monitor = TRY(reader.Required<std::string>("monitor"));
  resctrl.is_own = TRY(reader.Required<bool>("isOwn"));
  return resctrl;
}

Result<cgroups::Location> ReadCgroup(const json::Reader& reader) {
  cgroups::Location cgroup;
  cgroup.driver = TRY(ByName<plan::CgroupDriver>(kDrivers, reader, "driver"));
  cgroup.mode = TRY(ByName<plan::CgroupMode>(kModes, reader, "mode"));
  cgroup.directories = TRY(reader.OptionalMap<std::string>("directories"));
  cgroup.unit = TRY(reader.Required<std::string>("unit"));
  cgroup.user_bus = TRY(reader.Required<bool>("userBus"));
  return cgroup;
}

Result<StateFile> ReadState(const json::Reader& reader) {
  StateFile state;
  state.oci_version = TRY(reader.Required<std::string>("ociVersion"));
  state.id = TRY(reader.Required<std::string>("id"));
  state.bundle = TRY(reader.Required<std::string>("bundle"));
  state.rootfs = TRY(reader.Required<std::string>("rootfs"));
  state.system = TRY(reader.OptionalOr<std::string>("system", ""));
  state.created = TRY(reader.Required<std::string>("created"));
  state.owner = TRY(reader.Required<std::string>("owner"));
  state.annotations = TRY(reader.OptionalMap<std::string>("annotations"));
  state.pid = TRY(reader.Required<std::int32_t>("pid"));
  state.pid_start_time = TRY(reader.Required<std::uint64_t>("pidStartTime"));
  state.is_created = TRY(reader.Required<bool>("isCreated"));
  state.is_started = TRY(reader.Required<bool>("isStarted"));
  state.scratch_directory = TRY(reader.Required<std::string>("scratchDirectory"));
  state.template_use = TRY(reader.OptionalOr<std::string>("templateUse", ""));
  state.review_base = TRY(reader.OptionalOr<std::string>("reviewBase", ""));
  state.review = TRY(reader.OptionalOr<std::string>("review", ""));
  state.id_range = TRY(reader.Required<std::uint32_t>("idRange"));
  state.id_maps.uids = TRY(reader.ObjectList("uidMap", json::ReadIdMapping));
  state.id_maps.gids = TRY(reader.ObjectList("gidMap", json::ReadIdMapping));
  state.cgroup = TRY(reader.RequiredObject("cgroup", ReadCgroup));
  state.resctrl = TRY(reader.RequiredObject("resctrl", ReadResctrl));
  state.has_late_steps = TRY(reader.Required<bool>("hasLateSteps"));
  return state;
}

Error NoSuchContainer(const std::string& id) {
  // Engines look for "does not exist" (containerd's runc shim).
  return Error(ErrorKind::kNotFound, "container " + Quoted(id) + " does not exist");
}

Result<UniqueFd> OpenDirectory(int directory, const std::string& path) {
  return kernel::Open(directory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

Result<UniqueFd> MakeRoot(const std::string& root) {
  // Not O_NOFOLLOW: it is the caller's choice, and may lead through a symlink (/var/run).
  auto opened = kernel::Open(AT_FDCWD, root, O_RDONLY | O_DIRECTORY);
  if (opened || opened.error().Errno() != ENOENT) return opened;
  TRY(kernel::MakeDirectories(root, 0700));
  return kernel::Open(AT_FDCWD, root, O_RDONLY | O_DIRECTORY);
}

// Whether `directory`, opened before its lock was had, is still the one of that name: whoever had
// the lock may have removed it, and another may have been made.
Result<bool> IsStill(const UniqueFd& directory, const UniqueFd& root, const std::string& id) {
  const auto now = OpenDirectory(root.Get(), id);
  if (!now && now.error().Errno() == ENOENT) return false;
  if (!now) return Fail(now.error());
  const struct stat mine = TRY(kernel::Stat(directory.Get()));
  const struct stat named = TRY(kernel::Stat(now->Get()));
  return mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

std::string PathOf(const std::string& root, const std::string& id) {
  return root.ends_with('/') ? root + id : root + "/" + id;
}

}  // namespace

std::string ToJson(const StateFile& state) {
  json::Writer writer;
  writer.BeginObject();
  writer.Member("ociVersion", state.oci_version);
  writer.Member("id", state.id);
  writer.Member("bundle", state.bundle);
  writer.Member("rootfs", state.rootfs);
  writer.Member("system", state.system);
  writer.Member("created", state.created);
  writer.Member("owner", state.owner);
  writer.Member("annotations", state.annotations);
  writer.Member("pid", state.pid);
  writer.Member("pidStartTime", state.pid_start_time);
  writer.Member("isCreated", state.is_created);
  writer.Member("isStarted", state.is_started);
  writer.Member("scratchDirectory", state.scratch_directory);
  writer.Member("templateUse", state.template_use);
  writer.Member("reviewBase", state.review_base);
  writer.Member("review", state.review);
  writer.Member("idRange", state.id_range);
  json::WriteIdMap(writer, "uidMap", state.id_maps.uids);
  json::WriteIdMap(writer, "gidMap", state.id_maps.gids);
  WriteCgroup(writer, state.cgroup);
  WriteResctrl(writer, state.resctrl);
  writer.Member("hasLateSteps", state.has_late_steps);
  writer.End();
  return std::move(writer).Take();
}

Result<StateFile> FromJson(std::string_view text) {
  std::vector<std::string> unknown;
  return json::ReadText(text, unknown, ReadState);
}

StateDirectory::~StateDirectory() {
  if (directory_) kernel::Unlock(directory_.Get());
}

Result<StateDirectory> StateDirectory::Make(const std::string& root, const std::string& id) {
  TRY(CheckId(id));
  const UniqueFd root_fd = TRY(MakeRoot(root));
  for (;;) {
    const auto made = kernel::MakeDirectory(root_fd.Get(), id, 0700);
    if (!made && made.error().Errno() == EEXIST) {
      return Fail(Error(ErrorKind::kAlreadyExists,
                        "a container with the id " + Quoted(id) + " exists already"));
    }
    if (!made) return Fail(made.error());
    // Until the lock is had, `gc` or `delete --force` may take the directory for a half-made one.
    auto opened = OpenDirectory(root_fd.Get(), id);
    if (!opened && opened.error().Errno() == ENOENT) continue;
    if (!opened) return Fail(std::move(opened).error());
    TRY(kernel::Lock(opened->Get()));
    const bool is_still = TRY(IsStill(*opened, root_fd, id));
    if (is_still) return StateDirectory(PathOf(root, id), std::move(*opened));
  }
}

Result<StateDirectory> StateDirectory::Open(const std::string& root, const std::string& id) {
  TRY(CheckId(id));
  auto root_fd = kernel::Open(AT_FDCWD, root, O_RDONLY | O_DIRECTORY);
  if (!root_fd && root_fd.error().Errno() == ENOENT) return Fail(NoSuchContainer(id));
  if (!root_fd) return Fail(std::move(root_fd).error());
  for (;;) {
    auto opened = OpenDirectory(root_fd->Get(), id);
    if (!opened && opened.error().Errno() == ENOENT) return Fail(NoSuchContainer(id));
    if (!opened) return Fail(std::move(opened).error());
    TRY(kernel::Lock(opened->Get()));
    const bool is_still = TRY(IsStill(*opened, *root_fd, id));
    if (is_still) return StateDirectory(PathOf(root, id), std::move(*opened));
  }
}

Result<std::optional<StateDirectory>> StateDirectory::TryOpen(const std::string& root,
                                                              const std::string& id) {
  StateDirectory directory = TRY(OpenUnlocked(root, id));
  const bool is_locked = TRY(kernel::TryLock(directory.Get()));
  if (!is_locked) return std::optional<StateDirectory>();
  return std::optional<StateDirectory>(std::move(directory));
}

Result<StateDirectory> StateDirectory::OpenUnlocked(const std::string& root,
                                                    const std::string& id) {
  TRY(CheckId(id));
  auto opened = OpenDirectory(AT_FDCWD, PathOf(root, id));
  if (!opened && opened.error().Errno() == ENOENT) return Fail(NoSuchContainer(id));
  return StateDirectory(PathOf(root, id), TRY(std::move(opened)));
}

Result<StateFile> StateDirectory::Read() const {
  const auto text = kernel::ReadFile(Get(), kFile);
  if (!text && text.error().Errno() == ENOENT) {
    return Fail(Error(ErrorKind::kWrongState, "it is half-made: it has no " + kFile));
  }
  if (!text) return Fail(text.error());
  auto state = FromJson(*text);
  if (!state) {
    return Fail(
        Error(ErrorKind::kWrongState, path_ + "/" + kFile + ": " + state.error().ToString()));
  }
  return state;
}

Result<void> StateDirectory::Write(const StateFile& state) const {
  return kernel::ReplaceFile(Get(), kFile, ToJson(state), 0600);
}

Result<void> StateDirectory::Remove() const {
  const auto slash = path_.rfind('/');
  const UniqueFd root = TRY(OpenDirectory(AT_FDCWD, path_.substr(0, slash + 1)));
  return kernel::RemoveTree(root.Get(), path_.substr(slash + 1));
}

Result<std::vector<std::string>> ListIds(const std::string& root) {
  const auto directory = kernel::Open(AT_FDCWD, root, O_RDONLY | O_DIRECTORY);
  if (!directory && directory.error().Errno() == ENOENT) return std::vector<std::string>();
  if (!directory) return Fail(directory.error());
  std::vector<std::string> ids = TRY(kernel::ListDirectory(directory->Get()));
  // What is not an id is not of a container: the records of id ranges, another program's files.
  ids.erase(
      std::remove_if(ids.begin(), ids.end(), [](const std::string& id) { return !CheckId(id); }),
      ids.end());
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<void> CheckId(const std::string& id) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '.' || c == '-';
  };
  const bool is_name = !id.empty() && id != "." && id != "..";
  if (is_name && id.size() <= kLongestId && std::all_of(id.begin(), id.end(), is_allowed))
    return {};
  return Fail(Error(ErrorKind::kInvalidSpec,
                    "the id " + Quoted(id.substr(0, kLongestId)) +
                        " is none: expected 1 to 1024 of A-Z a-z 0-9 _ + . -, and not . or .."));
}

}  // namespace agentbox::container
