// Registers this runtime with the engines that are installed, and takes that back. First all of it
// is planned, which finds out whether each file can be changed; then file after file is written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "engines/engine.h"
#include "engines/files.h"

namespace agentbox::engines {

struct Request {
  std::string sysroot = "/";         // the "/" of all paths
  std::string program;               // to be registered; empty: this one
  std::vector<std::string> engines;  // names; empty: those that are installed
  bool is_trial = false;             // nothing is going to be written
};

// One file, and what is to become of it.
struct FileChange {
  std::string path;
  std::optional<std::string> before;  // nothing: it is not there
  std::optional<std::string> after;   // nothing: it is to go
  std::string backup;                 // where what it was goes to; empty: nowhere
  std::string restored_from;          // it becomes what that backup has, which goes; empty: none
  const Engine* engine = nullptr;     // null: the tables of subordinate ids
};

struct Plan {
  Files files;
  UniqueFd lock;
  std::vector<FileChange> changes{};  // those without a difference too
  std::vector<std::string> notes{};   // each a line
};

// Errors name the file, and where it is broken line and column.
Result<Plan> PlanInstall(const Request& request);
Result<Plan> PlanUninstall(const Request& request);

Result<void> Apply(const Plan& plan, const FileChange& change);

// "/etc/docker/daemon.json: changed", and the lines that differ; `is_trial`: "would be changed".
std::string Describe(const FileChange& change, bool is_trial);

}  // namespace agentbox::engines
