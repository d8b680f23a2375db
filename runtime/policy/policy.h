// What a sandbox may do: the built-in default, the policy file and annotations, merged.
// agentbox-policy(5) documents every key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::policy {

enum class Profile : std::uint8_t { kDev, kDebug, kNetns, kEngine, kParanoid };

enum class RootfsMode : std::uint8_t {
  kThrowaway,  // writes go to a scratch layer that delete removes
  kEngine,     // writes go to the engine's own upper layer: `docker diff` and restart see them
};

enum class NetworkMode : std::uint8_t { kNone, kHost, kPasta };

enum class ScratchKind : std::uint8_t { kDisk, kTmpfs };

// How a host directory is shown to a sandbox; a later one is stricter.
enum class MountMode : std::uint8_t {
  kDirect,     // writes go through
  kReview,     // writes go to a layer that is kept until it is applied or discarded
  kThrowaway,  // writes go to a layer that goes with the sandbox
  kReadonly,   // there are none
};

// The mode of the bind mounts that match all globs of it that are not empty.
struct MountRule {
  std::string destination;  // in the container
  std::string source;       // on the host
  MountMode mode = MountMode::kDirect;

  bool operator==(const MountRule&) const = default;
};

struct Policy {
  Profile profile = Profile::kDev;             // "profile"
  RootfsMode rootfs = RootfsMode::kThrowaway;  // "rootfs"
  ScratchKind scratch = ScratchKind::kDisk;    // "scratch.kind"
  std::string scratch_directory;               // "scratch.directory"; empty: the default
  std::uint64_t scratch_size = 0;              // "scratch.size", bytes, of a tmpfs
  std::string template_name;  // "template": that a root file system starts from; empty: none

  // "namespaces.host": types of namespaces ("network", "pid", "ipc", ...) that a container may
  // share with the host when config.json names none.
  std::vector<std::string> host_namespaces;

  // "devices.allow": host device nodes that linux.devices may name besides the defaults, by path.
  std::vector<std::string> allowed_devices;

  // "limits.pids": pids.max where config.json sets none; 0: no limit.
  std::int64_t default_pids_limit = 0;
  std::uint32_t max_user_namespaces = 0;  // "limits.userNamespaces": user.max_user_namespaces
  std::uint32_t max_net_namespaces = 0;   // "limits.netNamespaces": user.max_net_namespaces

  // "limits.disk": bytes that the throwaway layers of a sandbox may hold; 0: no limit. Absent:
  // kDefaultDiskLimit where the file system has project quotas, where it costs nothing.
  std::optional<std::uint64_t> disk_limit;

  std::vector<std::string> masked_paths;  // "paths.masked": added to linux.maskedPaths

  // What no sandbox sees of workspaces and homes: rules of policy/deny.h.
  std::vector<std::string> denied_files;        // "deny.files"
  std::vector<std::string> denied_with_tokens;  // "deny.filesWithTokens": where HasToken says so
  std::vector<std::string> denied_in_volumes;   // "deny.volumes": sources of bind mounts, as "/x"
  std::vector<MountRule> mounts;                // "mounts"; the strictest that matches holds
  std::map<std::string, MountMode> mount_annotations;  // "dev.agentbox.mount.<destination>"
  // "seccomp.allow": system calls that run in the host's kernel whatever the profile says of them.
  std::vector<std::string> allowed_syscalls;

  // For `do`. Paths may begin with "~/", which stands for each user's home, and have the wildcards
  // of glob(7); environment variables those of fnmatch(3), in either case.
  std::vector<std::string> hidden_paths;        // "do.hide": "~/.ssh", "/etc/shadow"
  std::vector<std::string> shown_paths;         // "do.show": wins over hidden ones
  std::vector<std::string> hidden_environment;  // "do.hideEnvironment": "*_TOKEN"
  std::vector<std::string> kept_environment;    // "do.keepEnvironment": wins over hidden ones
  std::optional<NetworkMode> network;           // "do.network"; absent: pasta, else none
  MountMode workspace = MountMode::kReview;  // "do.workspace": how the working directory is shown
  std::string do_template;                   // "do.template": as template_name, for `do`

  // "review.execConfig": files that run code later, which `apply` brings into the real tree only
  // after a yes (review/runs_later.h).
  std::vector<std::string> exec_config;

  std::vector<std::string> annotations_allowed;  // "annotations.allow": keys that may loosen

  // Where each key got its value: "built-in", "/etc/agentbox/policy.json", "annotation ...".
  std::map<std::string, std::string> origins;
};

// A build of a large program fits; one that runs wild ends before most disks are full.
constexpr std::uint64_t kDefaultDiskLimit = 32ULL << 30U;

// The policy with no file and no annotation.
Policy DefaultPolicy();

// `base` with the keys of the policy file `text` in their place; a list in the file stands for all
// of the list, but that "+" as its first element means: added to what is there. `name` is the
// file's. kInvalidSpec, naming the key, for an unknown key, a wrong type or an unknown value.
Result<Policy> ReadPolicy(Policy base, std::string_view text, const std::string& name);

// `base` made stricter by the annotations dev.agentbox.*. kRefused for one that would loosen it and
// is not listed under annotations.allow; kInvalidSpec for an unknown one.
Result<Policy> ApplyAnnotations(Policy base, const std::map<std::string, std::string>& annotations);

// `base` with `profile`, and the limits that go with it where nobody set them. `origin` is where
// the profile comes from: "--profile".
Policy WithProfile(Policy base, Profile profile, const std::string& origin);

std::optional<Profile> ProfileByName(std::string_view name);
std::optional<NetworkMode> NetworkModeByName(std::string_view name);

std::string_view Name(Profile profile);
std::string_view Name(RootfsMode mode);
std::string_view Name(NetworkMode mode);
std::string_view Name(ScratchKind kind);
std::string_view Name(MountMode mode);

// One line per key: value and origin.
std::string ToString(const Policy& policy);

}  // namespace agentbox::policy
