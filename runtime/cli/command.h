// The commands: what each is called, takes and does. Help, the bash completion and the checks of
// the manual are made of these tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "cli/options.h"
#include "container/container.h"

namespace agentbox::cli {

// One call of a command.
struct Invocation {
  const container::Runtime& runtime;
  const Arguments& arguments;
  unsigned passed_fds = 0;  // descriptors from 3 on that the caller has passed

  // The container's id, for commands that take one.
  const std::string& Id() const { return arguments.Words().front(); }
};

struct Command {
  std::string_view name;
  std::string_view words;    // "ID [SIGNAL]"; those in brackets may be left out, "..." repeats
  std::string_view summary;  // one line, lower case
  std::string_view example;
  std::span<const Option> options;

  // The exit status.
  Result<int> (*run)(const Invocation&);

  Order order = Order::kAnywhere;
  int failure_status = 1;  // where `run` fails
  int usage_status = 1;    // where the command line is wrong

  // Mounts file systems, or handles files of sandboxes' ids: without privilege it is run in a user
  // namespace of the invoking user's.
  bool mounts = false;

  bool TakesId() const { return words.starts_with("ID"); }
  std::size_t LeastWords() const;
  std::size_t MostWords() const;  // SIZE_MAX where the last one repeats
};

// In the order of the help.
std::span<const Command* const> Commands();

// Options before the command.
std::span<const Option> GlobalOptions();

// kUsage, with the one that was perhaps meant.
Result<const Command*> FindCommand(std::string_view name);

// kUsage if there are too few or too many.
Result<void> CheckWords(const Command& command, const std::vector<std::string>& words);

// What `agentbox --help` and `agentbox COMMAND --help` print.
std::string Help();
std::string Help(const Command& command);

// A bash completion script (bash-completion(7)).
std::string BashCompletion();

// All of `text` to standard output. kSystem where that is full or closed.
Result<void> Print(std::string_view text);

}  // namespace agentbox::cli
