#include <fstream>

#include <nlohmann/json.hpp>

#include "facts.h"
#include "guest.h"

namespace agentbox::guest {

int Check(Arguments arguments) {
  std::ifstream file(arguments[0]);
  const nlohmann::json config = nlohmann::json::parse(file);
  Facts facts;
  CheckProcess(config.at("process"), facts);
  CheckScheduling(config.at("process"), facts);
  CheckHost(config, facts);
  CheckMounts(config, facts);
  CheckLinux(config.at("linux"), facts);
  CheckResources(config.at("linux").value("resources", nlohmann::json::object()), facts);
  CheckNamespaces(arguments.subspan(1), facts);
  return facts.AreAllRight() ? 0 : 1;
}

}  // namespace agentbox::guest
