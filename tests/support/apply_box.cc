#include "support/apply_box.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::test {

using Strings = std::vector<std::string>;

std::string ApplyBox::Review(const std::string& script, const Strings& options) {
  const std::string name = NewId();
  Strings args = {AgentboxPath(), "do", "--review", "-q", "--network", "none", "--name", name};
  args.insert(args.end(), options.begin(), options.end());
  args.insert(args.end(), {"--", "sh", "-ec", script});
  const Outcome outcome = RunCommand(args, {.directory = tree.Path()});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  printed = outcome.output;
  return name;
}

Strings ApplyBox::ApplyCommand(const Strings& args) const {
  Strings all = {AgentboxPath(), "apply"};
  all.insert(all.end(), args.begin(), args.end());
  return all;
}

Outcome ApplyBox::Apply(const Strings& args) const {
  return RunCommand(ApplyCommand(args), {.directory = tree.Path()});
}

Outcome ApplyBox::Agentbox(const Strings& words) const {
  Strings args = {AgentboxPath()};
  args.insert(args.end(), words.begin(), words.end());
  return RunCommand(args, {.directory = tree.Path()});
}

void ApplyBox::CheckIsLeftAlone(const std::string& name) const {
  for (const char* const command : {"apply", "discard"})
    CheckFails(Agentbox({command, name}), 1, "another command is at work");
  const Outcome collected = Agentbox({"gc"});
  BOOST_TEST(collected.status == 0, collected.errors);
  BOOST_TEST(IsKept(name));
}

std::string ApplyBox::Host(const std::string& script) const {
  const Outcome outcome = RunCommand({"sh", "-ec", script}, {.directory = tree.Path()});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  return outcome.output;
}

bool ApplyBox::IsKept(const std::string& name) {
  return Exists(kReviews + name);
}

}  // namespace agentbox::test
