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

std::span<const Command> CallCommands();    // one system call each, with what it gave
std::span<const Command> WorldCommands();   // what can be seen
std::span<const Command> DiskCommands();    // what is done to disks
std::span<const Command> ProbeCommands();   // what of the kernel can be reached
std::span<const Command> FilterCommands();  // filters of its own

// "ok" for a result that is no error, else the name of errno: "EPERM".
void PrintResult(long result);

std::string ErrnoName(int number);

// Compares the world with a config.json: `check FILE [NAMESPACE=INODE]...`.
int Check(Arguments arguments);

}  // namespace agentbox::guest
