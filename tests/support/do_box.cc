#include "support/do_box.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <boost/test/unit_test.hpp>

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

}  // namespace

std::string Own(const std::string& name) {
  return "agentbox-test-" + name + "." + std::to_string(::getpid());
}

Tree::Tree(const std::string& parent) : path_(parent + "/" + Own("tree")) {
  fs::create_directories(path_);
}

Tree::~Tree() {
  std::error_code error;
  fs::remove_all(path_, error);
}

Strings DoBox::Command(const Strings& options, const Strings& command) const {
  Strings args = {AgentboxPath(), "do", "--name", NewId(), "-q", "--network", "none"};
  const auto is_mode = [](const std::string& option) {
    return option == "--review" || option == "--direct" || option == "--readonly";
  };
  if (std::ranges::none_of(options, is_mode)) args.emplace_back("--throwaway");
  args.insert(args.end(), options.begin(), options.end());
  args.emplace_back("--");
  args.insert(args.end(), command.begin(), command.end());
  return args;
}

void DiscardReviews() {
  Eventually([] {
    bool is_none_left = true;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(kReviews, error)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(IdPrefix())) continue;
      if (!RunCommand({AgentboxPath(), "discard", name}).Succeeded()) is_none_left = false;
    }
    return is_none_left;
  });
}

Outcome DoBox::Do(const Strings& command, const Strings& options, CommandOptions how) const {
  if (how.directory.empty()) how.directory = tree.Path();
  return RunCommand(Command(options, command), how);
}

Outcome DoBox::Sh(const std::string& script,
                  const Strings& options,
                  const CommandOptions& how) const {
  return Do({"sh", "-c", script}, options, how);
}

std::string DoBox::OutputOf(const std::string& script,
                            const Strings& options,
                            const CommandOptions& how) const {
  const Outcome outcome = Sh(script, options, how);
  BOOST_TEST(outcome.status == 0, outcome.errors);
  return Chomp(outcome.output);
}

Strings DoBox::Shell(const std::string& script) const {
  return Command({"-C", tree.Path()}, {"sh", "-c", script});
}

User::User(const Strings& options) : name_("abtest-" + std::to_string(::getpid())) {
  Strings args = {"useradd", "-m", "-s", "/bin/sh", "-d", Home()};
  args.insert(args.end(), options.begin(), options.end());
  args.push_back(name_);
  const Outcome made = RunCommand(args);
  if (!made.Succeeded()) throw std::runtime_error(made.errors);
}

// With what its sandboxes had their state in.
User::~User() {
  RunCommand({"sh", "-c", "rm -rf \"/tmp/agentbox-$(id -u \"$1\")\"", "sh", name_});
  RunCommand({"userdel", "-r", "-f", name_});
}

Outcome User::Run(const std::string& script) const {
  return RunCommand({"runuser", "-l", name_, "-c", script});
}

}  // namespace agentbox::test
