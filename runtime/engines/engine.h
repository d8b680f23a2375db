// The engines that containers are run by, and what registers a runtime with each: changes to the
// texts of their configuration. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::engines {

struct Engine {
  std::string_view name;      // as a word of the command line: "docker"
  std::string_view programs;  // that show that it is installed, with blanks between
  std::string_view file;      // of its configuration
  bool is_drop_in = false;    // the file is ours alone, one of a directory

  // `text` of the file with the runtime, whose program is `program`; the same text where it is
  // there already. kInvalidSpec for a text that the engine could not read either, with line and
  // column, and for one to which it can not be added.
  Result<std::string> (*add)(std::string_view text, const std::string& program);

  // `text` without the runtime.
  Result<std::string> (*remove)(std::string_view text);

  std::string_view reload;  // makes the engine read the file again; empty: it does at each start
  std::string_view usage;   // how to run a container then
};

std::span<const Engine> Engines();

// The one of that name; null if there is none.
const Engine* FindEngine(std::string_view name);

// What containerd's configuration imports: patterns of files (glob(7)).
Result<std::vector<std::string>> ContainerdImports(std::string_view text);

// Whether `text` has the part of the configuration that containerd, by the text `main` of its
// config.toml, keeps runtimes in. An import that has it takes the place of that part in the files
// before it, as a whole: the runtime has to be registered there.
bool HasContainerdRuntimes(std::string_view text, std::string_view main);

// Whether it runs without the CRI plugin, by which Kubernetes reaches it.
bool IsCriDisabled(std::string_view main);

// Of the engines' own files.
Result<std::string> AddToDocker(std::string_view text, const std::string& program);
Result<std::string> RemoveFromDocker(std::string_view text);
Result<std::string> AddToPodman(std::string_view text, const std::string& program);
Result<std::string> RemoveFromPodman(std::string_view text);
Result<std::string> AddToContainerd(std::string_view text, const std::string& program);
Result<std::string> RemoveFromContainerd(std::string_view text);
Result<std::string> AddToCrio(std::string_view text, const std::string& program);
Result<std::string> RemoveFromCrio(std::string_view text);

}  // namespace agentbox::engines
