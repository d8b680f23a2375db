#include "support/facts.h"

#include <filesystem>
#include <sstream>

#include <boost/test/unit_test.hpp>

namespace agentbox::test {

std::string NamespaceOf(const std::string& type, pid_t pid) {
  const std::string process = pid == 0 ? "self" : std::to_string(pid);
  return std::filesystem::read_symlink("/proc/" + process + "/ns/" + type);
}

void CheckFacts(Bundle& bundle, const std::vector<std::string>& facts) {
  bundle.Volume("/config.json", bundle.Path() + "/config.json", {"bind", "ro"});
  std::vector<std::string> args = {"/bin/guest", "check", "/config.json"};
  for (const auto& entry : bundle.config["linux"]["namespaces"]) {
    std::string type = entry["type"];
    if (entry.contains("path")) continue;
    if (type == "network") type = "net";
    if (type == "mount") type = "mnt";
    args.push_back(type + "=" + NamespaceOf(type));
  }
  args.push_back("user=" + NamespaceOf("user"));
  const Outcome outcome = bundle.Run(args);
  BOOST_CHECK_MESSAGE(outcome.Succeeded(), "status " << outcome.status << ": " << outcome.errors);
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    BOOST_CHECK_MESSAGE(line.starts_with("ok "), line);
  }
  for (const std::string& fact : facts) {
    BOOST_CHECK_MESSAGE(("\n" + outcome.output).find("\nok " + fact + "\n") != std::string::npos,
                        "not looked at, or not right: " << fact);
  }
}

}  // namespace agentbox::test
