// Looks on the host for the files that the policy's deny rules name, under every name by which a
// sandbox could come across them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"
#include "kernel/mount_table.h"
#include "policy/policy.h"

namespace agentbox::container {

struct DeniedFile {
  std::string path;  // absolute, on the host
  std::string rule;  // what denies it, for a person: "deny.files: **/.env"
  // A directory above it, on the same mount, where another is mounted between the two and covers
  // it; empty: it is what is seen at its path.
  std::string beneath = {};
};

// Where a sandbox has a workspace.
struct WorkspacePlace {
  std::string path;       // one of DenySearch::workspaces
  std::string placement;  // absolute, in the sandbox
};

struct DenySearch {
  const policy::Policy& policy;
  const std::vector<kernel::MountEntry>& mounts;  // all of the host's
  std::vector<std::string> homes;
  // What is shown, absolute and canonical: directories are searched with all in them, of a file the
  // name is looked at.
  std::vector<std::string> workspaces;
  // Empty: each where the host has it.
  std::vector<WorkspacePlace> places = {};
  std::vector<std::string> submounts;    // mount points that are searched where they are below one
  std::vector<std::string> passed_over;  // directories that nobody sees anyway
  std::size_t most_entries = 2'000'000;  // of each workspace: a second or two
};

struct DeniedFiles {
  std::vector<DeniedFile> files;  // by path; none is below another
  std::vector<std::string> warnings;
};

// kInvalidSpec, naming the file, for a project's own policy file that is none; kRefused where more
// is denied than a sandbox could be made with.
Result<DeniedFiles> FindDenied(const DenySearch& search);

// Whether files of people's could be there: not in /proc.
bool HasData(const kernel::MountEntry& mount);

}  // namespace agentbox::container
