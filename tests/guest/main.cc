#include <cstdio>

#include "guest.h"

namespace agentbox::guest {
namespace {

constexpr Command kCheck = {"check", 1, Check};

const Command* Find(std::string_view name) {
  if (name == kCheck.name) return &kCheck;
  for (const auto commands :
       {CallCommands(), WorldCommands(), DiskCommands(), ProbeCommands(), FilterCommands()}) {
    for (const Command& command : commands) {
      if (command.name == name) return &command;
    }
  }
  return nullptr;
}

int Main(Arguments arguments) {
  const Command* const command = arguments.empty() ? nullptr : Find(arguments[0]);
  if (command == nullptr || arguments.size() - 1 < command->words) {
    std::fprintf(stderr, "guest: which command?\n");
    return 2;
  }
  return command->run(arguments.subspan(1));
}

}  // namespace
}  // namespace agentbox::guest

int main(int argc, char** argv) {
  const auto count = static_cast<std::size_t>(argc);
  return agentbox::guest::Main({argv + 1, count > 0 ? count - 1 : 0});
}
