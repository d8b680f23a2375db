#include "container/template_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/strings.h"
#include "container/host_facts.h"
#include "container/inputs.h"
#include "container/taken_layers.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "kernel/remove_tree.h"

namespace agentbox::container {
namespace {

constexpr const char* kRecord = "template.json";
constexpr const char* kLayer = "layer";
constexpr const char* kUsers = "users";
constexpr const char* kNew = ".new-";
constexpr const char* kOld = ".old-";

// Templates below one another: what overlayfs takes (OVL_MAX_STACK) is more.
constexpr std::size_t kMostLayers = 100;

std::string Above(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}
std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Error NoSuchTemplate(const std::string& name) {
  return Error(ErrorKind::kNotFound,
               "there is no template " + Quoted(name) + " (agentbox template list)");
}

Error Taken(const std::string& name) {
  return Error(ErrorKind::kAlreadyExists, "there is a template " + Quoted(name) + " already");
}

Result<UniqueFd> OpenLocked(const std::string& directory) {
  UniqueFd opened = TRY(kernel::Open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY));
  TRY(kernel::Lock(opened.Get()));
  return opened;
}

// Empty where another process has the lock of it, or has just removed it.
Result<UniqueFd> TryOpenLocked(int parent, const std::string& name) {
  auto opened = kernel::Open(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!opened && opened.error().Errno() == ENOENT) return UniqueFd();
  if (!opened) return opened;
  if (!TRY(kernel::TryLock(opened->Get()))) return UniqueFd();
  return opened;
}

// Whether a command is at work on a template that is to have that name.
Result<bool> IsBeingMade(const UniqueFd& store, const std::string& name) {
  const std::string prefix = kNew + name + ".";
  for (const std::string& entry : TRY(kernel::ListDirectory(store.Get()))) {
    // Names have dots, too.
    if (!entry.starts_with(prefix) || !ParseNumber<pid_t>(entry.substr(prefix.size()))) continue;
    const UniqueFd stale = TRY(TryOpenLocked(store.Get(), entry));
    if (!stale) return true;
  }
  return false;
}

}  // namespace

std::string TemplateDirectory(const Runtime& runtime,
                              const policy::Policy& policy,
                              const plan::HostFacts& facts) {
  return Above(ScratchDirectory(runtime, policy, facts, "x")) + "/@templates";
}

Result<std::string> TemplateDirectory(const Runtime& runtime) {
  const policy::Policy policy = TRY(ReadPolicy(runtime));
  const plan::HostFacts facts = TRY(GatherHostFacts());
  return TemplateDirectory(runtime, policy, facts);
}

Result<TemplateRecord> TemplateStore::Read(const std::string& name) const {
  TRY(CheckTemplateName(name));
  const auto text = kernel::ReadFile(AT_FDCWD, PathOf(name) + "/" + kRecord);
  if (!text && text.error().Errno() == ENOENT) return Fail(NoSuchTemplate(name));
  if (!text) return Fail(text.error());
  return TRY_WITHIN(ReadTemplateRecord(*text), PathOf(name) + "/" + kRecord);
}

Result<std::vector<TemplateRecord>> TemplateStore::List(const Log& log) const {
  std::vector<TemplateRecord> records;
  const auto directory = kernel::Open(AT_FDCWD, directory_, O_RDONLY | O_DIRECTORY);
  if (!directory && directory.error().Errno() == ENOENT) return records;
  if (!directory) return Fail(directory.error());
  std::vector<std::string> names = TRY(kernel::ListDirectory(directory->Get()));
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (!CheckTemplateName(name)) continue;
    auto record = Read(name);
    if (record) {
      records.push_back(*std::move(record));
    } else if (record.error().Kind() != ErrorKind::kNotFound) {
      log.Warn("template " + name + ": " + record.error().ToString());
    }
  }
  return records;
}

Result<std::vector<plan::TemplateLayer>> TemplateStore::Layers(const std::string& name) const {
  std::vector<plan::TemplateLayer> layers;
  for (std::string next = name; !next.empty();) {
    TemplateRecord record = TRY(Read(next));
    if (layers.size() == kMostLayers) {
      return Fail(Error(ErrorKind::kUnsupported,
                        "template " + Quoted(name) + " lies on more than " +
                            std::to_string(kMostLayers) + " others"));
    }
    layers.push_back({.name = next,
                      .directory = PathOf(next) + "/" + kLayer,
                      .created = record.created,
                      .maps = std::move(record.maps),
                      .uses_user_xattrs = record.uses_user_xattrs,
                      .system = record.system});
    next = record.parent;
  }
  return layers;
}

Result<std::vector<std::string>> TemplateStore::Users(const std::string& name) const {
  std::vector<std::string> users;
  const auto directory =
      kernel::Open(AT_FDCWD, PathOf(name) + "/" + kUsers, O_RDONLY | O_DIRECTORY);
  if (!directory && directory.error().Errno() == ENOENT) return users;
  if (!directory) return Fail(directory.error());
  for (const std::string& use : TRY(kernel::ListDirectory(directory->Get()))) {
    const auto state = kernel::ReadLink(directory->Get(), use);
    if (!state && state.error().Errno() == ENOENT) continue;
    if (!state) return Fail(state.error());
    if (TRY(kernel::Exists(AT_FDCWD, *state))) users.push_back(*state);
  }
  std::ranges::sort(users);
  return users;
}

Result<void> TemplateStore::CheckFree(const std::string& name) const {
  TRY(CheckTemplateName(name));
  if (!TRY(kernel::Exists(AT_FDCWD, PathOf(name)))) return {};
  return Fail(Taken(name));
}

Result<void> TemplateStore::Remove(const std::string& name) const {
  TRY(CheckTemplateName(name));
  auto locked = OpenLocked(directory_);
  if (!locked && locked.error().Errno() == ENOENT) return Fail(NoSuchTemplate(name));
  const UniqueFd directory = TRY(std::move(locked));
  if (!TRY(kernel::Exists(directory.Get(), name))) return Fail(NoSuchTemplate(name));
  const std::vector<std::string> users = TRY(Users(name));
  if (!users.empty()) {
    return Fail(Error(ErrorKind::kWrongState,
                      "template " + Quoted(name) + " is in use by " + Join(users, ", ")));
  }
  const Log silent{UniqueFd(), LogFormat::kText, LogLevel::kInfo};
  for (const TemplateRecord& other : TRY(List(silent))) {
    if (other.parent != name) continue;
    return Fail(Error(ErrorKind::kWrongState,
                      "template " + Quoted(other.name) + " lies on " + Quoted(name)));
  }
  const UniqueFd old = TRY(OpenLocked(PathOf(name)));
  const std::string temporary = kOld + name + "." + std::to_string(::getpid());
  TRY(kernel::RenameEntry(directory.Get(), name, temporary, RENAME_NOREPLACE));
  kernel::Unlock(directory.Get());
  TRY_WITHIN(kernel::RemoveTree(directory.Get(), temporary), "removing " + PathOf(name));
  return {};
}

Result<std::vector<TemplateStore::Stale>> TemplateStore::FindStale() const {
  std::vector<Stale> found;
  const auto directory = OpenLocked(directory_);
  if (!directory && directory.error().Errno() == ENOENT) return found;
  if (!directory) return Fail(directory.error());
  for (const std::string& name : TRY(kernel::ListDirectory(directory->Get()))) {
    if (!name.starts_with(kNew) && !name.starts_with(kOld)) continue;
    UniqueFd locked = TRY_WITHIN(TryOpenLocked(directory->Get(), name), PathOf(name));
    if (locked) found.push_back({.name = name, .directory = std::move(locked)});
  }
  // Sandboxes need not wait for what is done with them.
  return found;
}

Result<void> TemplateStore::GiveLayersBack() const {
  for (const Stale& stale : TRY(FindStale())) {
    if (stale.name.starts_with(kOld)) continue;
    TRY_WITHIN(container::GiveLayersBack(stale.directory), PathOf(stale.name));
  }
  return {};
}

Result<std::vector<std::string>> TemplateStore::CollectGarbage(const Log& log) const {
  std::vector<std::string> removed;
  const std::vector<Stale> found = TRY(FindStale());
  if (found.empty()) return removed;
  const UniqueFd directory = TRY(kernel::Open(AT_FDCWD, directory_, O_RDONLY | O_DIRECTORY));
  for (const Stale& stale : found) {
    const std::string path = PathOf(stale.name);
    // A template that is removed has its layers since it was made.
    const auto given_back =
        stale.name.starts_with(kNew) ? container::GiveLayersBack(stale.directory) : Result<void>();
    if (!given_back) {
      log.Warn("gc: " + path + " stays: " + given_back.error().ToString());
      continue;
    }
    TRY_WITHIN(kernel::RemoveTree(directory.Get(), stale.name), path);
    removed.push_back("template " + path);
  }
  return removed;
}

Result<NewTemplate> NewTemplate::Begin(const TemplateStore& store, const std::string& name) {
  TRY(CheckTemplateName(name));
  TRY(kernel::MakeDirectories(store.Directory(), S_IRWXU));
  // Two that are after the same name meet here, and not when the layers of both are moved. `gc` is
  // kept from removing the directory before it is locked, too.
  UniqueFd parent = TRY(OpenLocked(store.Directory()));
  TRY(store.CheckFree(name));
  if (TRY(IsBeingMade(parent, name))) {
    return Fail(
        Error(ErrorKind::kAlreadyExists, "another command is making a template " + Quoted(name)));
  }
  std::string temporary = kNew + name + "." + std::to_string(::getpid());
  TRY(kernel::MakeDirectory(parent.Get(), temporary, S_IRWXU));
  UniqueFd directory = TRY(kernel::Open(parent.Get(), temporary, O_RDONLY | O_DIRECTORY));
  TRY(kernel::Lock(directory.Get()));
  kernel::Unlock(parent.Get());
  return NewTemplate(store, std::move(parent), std::move(directory), std::move(temporary));
}

NewTemplate::~NewTemplate() {
  if (!parent_ || temporary_.empty()) return;
  // A layer that can not be given back now is left to `gc`.
  if (!GiveLayersBack(directory_)) return;
  (void)kernel::RemoveTree(parent_.Get(), temporary_);
}

Result<void> NewTemplate::Describe(const TemplateRecord& record) {
  name_ = record.name;
  lies_on_ = record.parent;
  TRY(kernel::MakeDirectory(directory_.Get(), kUsers, S_IRWXU));
  return kernel::ReplaceFile(directory_.Get(), kRecord, ToJson(record), 0600);
}

Result<void> NewTemplate::Take(const UniqueFd& layers, const std::string& place) {
  return TakeLayer(directory_, layers, place);
}

Result<void> NewTemplate::Finish() {
  // The sandbox's own overlay has put nothing on the disk (`volatile`).
  TRY(kernel::SynchronizeFilesystem(directory_.Get()));
  TRY(kernel::Lock(parent_.Get()));
  if (!lies_on_.empty()) TRY(store_.Read(lies_on_));
  auto renamed = kernel::RenameEntry(parent_.Get(), temporary_, name_, RENAME_NOREPLACE);
  kernel::Unlock(parent_.Get());
  if (!renamed && renamed.error().Errno() == EEXIST) return Fail(Taken(name_));
  TRY(std::move(renamed));
  temporary_.clear();
  TRY(kernel::Synchronize(parent_.Get()));
  return KeepLayers(directory_);
}

std::string TemplateUse(const plan::TemplateLayer& layer, const std::string& scratch) {
  return Above(layer.directory) + "/" + kUsers + "/" + NameOf(scratch);
}

Result<void> HoldTemplate(const plan::TemplateLayer& layer,
                          const std::string& use,
                          const std::string& state) {
  const TemplateStore store(Above(Above(layer.directory)));
  const UniqueFd locked = TRY(OpenLocked(store.Directory()));
  const TemplateRecord record = TRY(store.Read(layer.name));
  if (record.created != layer.created) return Fail(NoSuchTemplate(layer.name));
  const UniqueFd users = TRY(kernel::Open(AT_FDCWD, Above(use), O_RDONLY | O_DIRECTORY));
  // What is left of an earlier sandbox of that name.
  TRY(kernel::RemoveFile(users.Get(), NameOf(use)));
  return kernel::MakeSymlink(state, users.Get(), NameOf(use));
}

Result<void> ReleaseTemplate(const std::string& use) {
  if (use.empty()) return {};
  const auto users = kernel::Open(AT_FDCWD, Above(use), O_RDONLY | O_DIRECTORY);
  if (!users && users.error().Errno() == ENOENT) return {};
  if (!users) return Fail(users.error());
  return kernel::RemoveFile(users->Get(), NameOf(use));
}

std::string TemplateOfUse(const std::string& use) {
  return use.empty() ? "" : NameOf(Above(Above(use)));
}

}  // namespace agentbox::container
