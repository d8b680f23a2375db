// state.json of one container below the runtime's root: what later commands need to find everything
// that `create` made. Written whole, fsynced and renamed; read and written under the directory's
// lock.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "cgroups/cgroup.h"
#include "cgroups/resctrl.h"
#include "container/status.h"

namespace agentbox::container {

struct StateFile {
  std::string oci_version;  // of config.json
  std::string id;
  std::string bundle;
  std::string rootfs;   // on the host, as config.json has it, absolute
  std::string system;   // that this is (os_release.h): an engine unmounts it when init has ended
  std::string created;  // RFC 3339 with nanoseconds, UTC
  std::string owner;    // name of the invoking user
  std::map<std::string, std::string> annotations;

  // Init, as seen by the runtime; 0 until it is cloned. A pid is used again by the kernel, so with
  // the start time of /proc/PID/stat (clock ticks since boot).
  pid_t pid = 0;
  std::uint64_t pid_start_time = 0;

  bool is_created = false;  // `create` was completed; false: half-made, to be removed
  bool is_started = false;  // `start` let init exec

  std::string scratch_directory;  // throwaway layers; removed at delete
  std::string template_use;       // TemplateUse; removed at delete; empty: it has no template
  std::string review_base;        // the directory above all reviews; empty: no layer is kept
  std::string review;             // name of the review of the layers that are
  std::uint32_t id_range = 0;     // first host id of a range of our own; 0: none
  abi::IdMaps id_maps;
  cgroups::Location cgroup;
  cgroups::ResctrlLocation resctrl;
  // config.json has what is done after create: poststart or poststop hooks, a seccomp listener.
  bool has_late_steps = false;
};

// The directory <root>/<id>, locked exclusively (flock(2)) while this object lives. A process
// cloned meanwhile has a copy of the descriptor, and should it outlive a runtime that is killed, it
// would keep the lock: it closes Get() first.
class StateDirectory {
 public:
  StateDirectory(StateDirectory&&) = default;
  StateDirectory& operator=(StateDirectory&&) = delete;
  ~StateDirectory();

  // kAlreadyExists if it is there.
  static Result<StateDirectory> Make(const std::string& root, const std::string& id);
  // kNotFound: no container of that id. Waits for the lock.
  static Result<StateDirectory> Open(const std::string& root, const std::string& id);

  // As Open; nothing where another has the lock.
  static Result<std::optional<StateDirectory>> TryOpen(const std::string& root,
                                                       const std::string& id);

  // As Open, without the lock: to read what a running `create` or `start` has written so far.
  static Result<StateDirectory> OpenUnlocked(const std::string& root, const std::string& id);

  const std::string& Path() const { return path_; }
  int Get() const { return directory_.Get(); }

  // kWrongState where `create` did not get as far as to write it, or was not ours: half-made.
  Result<StateFile> Read() const;
  Result<void> Write(const StateFile& state) const;

  // Removes the directory and all in it; the lock is held on.
  Result<void> Remove() const;

 private:
  StateDirectory(std::string path, UniqueFd directory)
      : path_(std::move(path)), directory_(std::move(directory)) {}

  std::string path_;
  UniqueFd directory_;
};

// The text of state.json, and what it says.
std::string ToJson(const StateFile& state);
Result<StateFile> FromJson(std::string_view text);

// Ids below `root`, sorted; none where there is no such directory.
Result<std::vector<std::string>> ListIds(const std::string& root);

// kInvalidSpec, with the rule, for an id that is empty, longer than 1024, "." or "..", or with
// characters outside [A-Za-z0-9_+.-] (runc's rule).
Result<void> CheckId(const std::string& id);

}  // namespace agentbox::container
