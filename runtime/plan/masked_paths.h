// linux.maskedPaths and linux.readonlyPaths, with what we add of /proc and /sys. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

struct MaskedPath {
  std::string origin;  // "linux.maskedPaths[0]", or "policy"
  std::string path;    // absolute, in the container; one that is not there is passed over
};

// A file that a deny rule of the policy keeps from the sandbox.
struct DeniedPath {
  std::string origin;  // the rule: "deny.files: **/.env"
  std::string mount;   // destination of the mount that would show it: "/work"
  std::string path;    // below that, no symlink on the way; empty: all that is mounted there
  // By an empty file or directory that nobody can read; else the mount has a layer, in which it is
  // among what is hidden.
  bool is_covered = true;
};

// Of the file, in the sandbox: "/work/.env".
std::string PathOf(const DeniedPath& denied);

struct MaskedPathsPlan {
  std::vector<MaskedPath> masked;     // unreadable: /dev/null, or an empty read-only directory
  std::vector<MaskedPath> read_only;  // visible, not writable
  std::vector<DeniedPath> denied;     // what of the host's files is not there
};

Result<MaskedPathsPlan> PlanMaskedPaths(const spec::Config& config, const policy::Policy& policy);

}  // namespace agentbox::plan
