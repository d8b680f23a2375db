#include "plan/resctrl.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/strings.h"

namespace agentbox::plan {
namespace {

// What a line says of one resource: the values by the ids of caches, and "" with its name.
using Schema = std::map<std::string, std::string>;

// Numbers as the kernel compares them: no blanks, and no zeros, before.
std::string Normal(std::string_view number) {
  number = Trimmed(number);
  while (number.size() > 1 && number.front() == '0')
    number.remove_prefix(1);
  return std::string(number);
}

Schema ReadSchema(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  Schema schema = {{"", std::string(Trimmed(line.substr(0, colon)))}};
  for (const std::string_view part : Split(line.substr(colon + 1), ';')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    schema[Normal(part.substr(0, equals))] = Normal(part.substr(equals + 1));
  }
  return schema;
}

std::vector<std::string> SchemataOf(const spec::IntelRdt& rdt) {
  std::vector<std::string> lines;
  for (const std::string& line : {rdt.l3_cache_schema, rdt.mem_bw_schema}) {
    if (!line.empty()) lines.push_back(line);
  }
  lines.insert(lines.end(), rdt.schemata.begin(), rdt.schemata.end());
  return lines;
}

}  // namespace

Result<std::optional<ResctrlPlan>> PlanResctrl(const spec::Config& config,
                                               const HostFacts& facts,
                                               const std::string& id) {
  if (!config.linux_ || !config.linux_->intel_rdt) return std::nullopt;
  const spec::IntelRdt& rdt = *config.linux_->intel_rdt;
  if (!facts.has_resctrl) {
    return Fail(Error(ErrorKind::kUnsupported,
                      "linux.intelRdt: the host has no resctrl file system (Intel RDT)"));
  }
  return ResctrlPlan{.group = rdt.clos_id.empty() ? id : rdt.clos_id,
                     .is_own = rdt.clos_id.empty(),
                     .schemata = SchemataOf(rdt),
                     .has_monitor = rdt.enable_monitoring};
}

bool IsSchemaIn(const std::string& line, const std::string& current) {
  const Schema wanted = ReadSchema(line);
  for (const std::string_view one : Split(current, '\n')) {
    const Schema has = ReadSchema(one);
    const bool is_of_it = !has.empty() && !wanted.empty() && has.at("") == wanted.at("");
    if (!is_of_it) continue;
    return std::ranges::all_of(wanted, [&has](const auto& entry) {
      const auto found = has.find(entry.first);
      return found != has.end() && found->second == entry.second;
    });
  }
  return false;
}

std::string ToString(const ResctrlPlan& plan) {
  std::string text = "resctrl group " + plan.group + (plan.is_own ? ", its own" : "");
  if (plan.has_monitor) text += ", monitored";
  text += "  [linux.intelRdt]\n";
  for (const std::string& line : plan.schemata)
    text += "  schemata " + line + "\n";
  return text;
}

}  // namespace agentbox::plan
