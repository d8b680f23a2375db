// How `do` shows the host's file systems to a sandbox whose root is the host's own: which mounts
// are seen through a throwaway layer, which begin empty, which are left out, and what is hidden in
// each. Pure: what must be looked up is looked up by host_survey.h. What is neither named here nor
// below a mount that is, is not there: the root overlay shows no submounts.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "container/denied_files.h"
#include "plan/masked_paths.h"
#include "plan/mounts.h"
#include "policy/policy.h"

namespace agentbox::container {

struct HostMount {
  std::string target;  // absolute
  std::string type;    // "ext4"
  bool is_directory = true;
  // A throwaway layer can be laid over it: it can be idmapped, or ids need no mapping.
  bool can_be_lower = true;
};

// What the host has. Paths are absolute and canonical.
struct HostSurvey {
  std::vector<HostMount> mounts;  // in the mount table's order: a later one covers an earlier one
  std::string cwd;
  std::vector<std::string> hidden;     // what do.hide comes to on this host
  std::vector<std::string> shown;      // what do.show and --show come to
  std::vector<DeniedFile> denied;      // what the deny rules come to, whatever is shown
  std::vector<std::string> temporary;  // of /tmp and /var/tmp those that are directories
  std::vector<std::string> own;        // of home and working directory those that are the user's
  std::vector<std::string> warnings;   // what of the above is not complete
};

struct HostView {
  std::string cwd;                   // where the command starts
  std::vector<std::string> hidden;   // RootfsPlan::hidden
  std::vector<std::string> emptied;  // RootfsPlan::emptied
  // As `hidden`, of what other mounts cover: a template that has renamed a directory shows it as
  // "/" has it.
  std::vector<std::string> hidden_beneath;
  bool readonly = false;                 // RootfsPlan::readonly: --readonly of "/"
  bool is_whole_tree = false;            // RootfsPlan::is_whole_tree
  std::vector<plan::MountStep> mounts;   // parents before what is below them
  std::vector<plan::MaskedPath> masked;  // what is hidden below a directory that is not an overlay
  std::vector<plan::DeniedPath> denied;  // as MaskedPathsPlan's
  std::vector<std::string> notes;        // what the user may miss, one line each
};

// kRefused for a working directory that the policy hides, that is the kernel's (/proc), or that is
// too much of the host to be written to directly; kUnsupported for one on a file system that no
// layer can be laid over.
Result<HostView> PlanHostView(const HostSurvey& survey, policy::MountMode workspace);

// The same without privilege, where no layer can be laid over "/": all of the host is there,
// read-only, but for layers over the user's own home and working directory, and empty temporary
// directories. What is hidden beside those layers is masked.
Result<HostView> PlanUserView(const HostSurvey& survey, policy::MountMode workspace);

// The policy hides it, or something above it, and does not show it again; or denies it.
bool IsHidden(const HostSurvey& survey, const std::string& path);

// The rule that denies the path, or something above it; null: none.
const std::string* RuleDenying(const HostSurvey& survey, const std::string& path);

// Keeps what is denied out of `view`, whose mounts are complete and in the order of their
// destinations: in the layer that would show it, or else covered.
void HideDenied(const HostSurvey& survey, HostView& view);

// Whether every sandbox has a new file system at `path`, or above it, whatever the host has there.
bool IsMadeAnew(const std::string& path);

// The errors of PlanHostView that concern the working directory by its name.
Result<void> CheckWorkspace(const HostSurvey& survey, policy::MountMode workspace);

// Whether PlanHostView looks at more of the mount than its type. What another machine serves is
// better not touched unless the working directory is there: that machine may be gone.
bool IsOfInterest(const HostMount& mount, const std::string& cwd);

}  // namespace agentbox::container
