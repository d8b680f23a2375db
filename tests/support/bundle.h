// A bundle with a real root file system, and the real runtime that runs it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/command.h"
#include "support/environment.h"
#include "support/files.h"
#include "support/leftovers.h"

namespace agentbox::test {

// All ids of this process's containers begin with it: "test-1234-".
std::string IdPrefix();
std::string NewId();

// A config.json that runs `args` as root of the container with Docker's default capabilities, its
// namespaces and its mounts, on the shared root file system.
nlohmann::json DefaultConfig(const std::vector<std::string>& args);

// A bundle, a root for the runtime's state, and the containers made in it: all are gone with it.
class Bundle {
 public:
  explicit Bundle(const std::vector<std::string>& args = {"/bin/true"});
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;
  ~Bundle();

  nlohmann::json config;  // written by each command below

  // Of the container that the commands below are about.
  const std::string& Id() const { return id_; }

  std::string Directory() const { return directory_.Path(); }
  std::string Path() const { return Directory() + "/bundle"; }
  std::string Root() const { return Directory() + "/root"; }
  std::string Rootfs() const { return config["root"]["path"]; }
  // Where the process of a container that outlives its command writes.
  std::string OutputFile() const { return Directory() + "/output"; }

  // From now on a copy of the root file system, which may be changed.
  Bundle& OwnRootfs();
  Bundle& Args(const std::vector<std::string>& args);
  Bundle& Mount(const std::string& destination,
                const std::string& type,
                const std::string& source,
                const std::vector<std::string>& options);
  Bundle& Volume(const std::string& destination,
                 const std::string& source,
                 const std::vector<std::string>& options = {"rbind", "rw"});
  // Adds CAP_`name` to all sets but the ambient one.
  Bundle& Capability(const std::string& name);
  // Takes the namespaces of this type away, then adds one: of its own, or at `path`.
  Bundle& Namespace(const std::string& type, const std::string& path = {});

  // From now on under this policy.
  Bundle& Policy(const nlohmann::json& policy);

  // agentbox --root ROOT ARGS..., after config.json was written.
  Outcome Agentbox(const std::vector<std::string>& args, const CommandOptions& options = {}) const;

  // A command on the container: `agentbox COMMAND OPTIONS... ID WORDS...`.
  Outcome Command(const std::string& command,
                  const std::vector<std::string>& options = {},
                  const std::vector<std::string>& words = {}) const;

  // create, its process's output to OutputFile().
  Outcome Create(const std::vector<std::string>& options = {}) const;
  Outcome Start() const { return Command("start"); }
  // Creates and starts: throws what went wrong.
  void Launch() const;
  Outcome Exec(const std::vector<std::string>& args,
               const std::vector<std::string>& options = {}) const;
  // delete --force
  void Delete() const;

  // `run` in the foreground.
  Outcome Run(const CommandOptions& options = {}) const;
  Outcome Run(const std::vector<std::string>& args);
  // The output of `run` of these args, which must succeed; without the last newline.
  std::string OutputOf(const std::vector<std::string>& args);
  std::string ExecOutputOf(const std::vector<std::string>& args) const;

  nlohmann::json State() const;
  std::string Status() const { return State().value("status", "(none)"); }
  pid_t Pid() const { return State().at("pid"); }

  void WriteConfig() const;

 private:
  TemporaryDirectory directory_;
  std::string id_;
  std::vector<std::string> options_;
};

// The fixture of most cases. What is left is looked for after the bundle is gone.
struct Box : NothingLeft {
  Bundle bundle;
};

// That the command failed with `status` and one line of agentbox's which has `part`.
void CheckFails(const Outcome& outcome, int status, std::string_view part);

// That nothing at all is left of containers now, not only at the end of the case.
void CheckNothingLeft(const Bundle& bundle);

// `text` without the newline at its end.
std::string Chomp(std::string text);

}  // namespace agentbox::test
