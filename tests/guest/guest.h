// The program inside: told by its first argument what to try or to check, it prints what it found.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace agentbox::guest {

using Arguments = std::span<char* const>;

struct Command {
  std::string_view name;
  std::size_t words;  // arguments at least
  int (*run)(Arguments);
};

std::span<const Command> CallCommands();   // one system call each, with what it gave
std::span<const Command> WorldCommands();  // what can be seen

// "ok" for a result that is no error, else the name of errno: "EPERM".
void PrintResult(long result);

std::string ErrnoName(int number);

// Compares the world with a config.json: `check FILE [NAMESPACE=INODE]...`.
int Check(Arguments arguments);

}  // namespace agentbox::guest
