#include "plan/capabilities.h"

#include "abi/capabilities.h"
#include "base/strings.h"

namespace agentbox::plan {
namespace {

class Sets {
 public:
  Sets(const HostFacts& facts, std::string path, std::vector<std::string>& warnings)
      : facts_(facts), path_(std::move(path)), warnings_(warnings) {}

  std::uint64_t Read(const std::vector<std::string>& names, const std::string& set) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto number = abi::CapabilityNumber(names[i]);
      if (!number || *number > facts_.last_capability) {
        warnings_.push_back(path_ + "." + set + "[" + std::to_string(i) + "]: " + Quoted(names[i]) +
                            (number ? " is not known to this kernel" : " is not a capability") +
                            ": left out");
      } else {
        bits |= abi::CapabilityBit(*number);
      }
    }
    return bits;
  }

  // `bits` without those outside `allowed`.
  std::uint64_t Limit(std::uint64_t bits,
                      std::uint64_t allowed,
                      const std::string& set,
                      const std::string& reason) {
    const std::uint64_t excess = bits & ~allowed;
    if (excess != 0) {
      warnings_.push_back(path_ + "." + set + ": " + NamesOf(excess) + " " + reason + ": left out");
    }
    return bits & allowed;
  }

 private:
  const HostFacts& facts_;
  std::string path_;
  std::vector<std::string>& warnings_;
};

}  // namespace

CapabilitySets PlanCapabilities(const spec::Capabilities& capabilities,
                                const HostFacts& facts,
                                const std::string& path,
                                std::vector<std::string>& warnings) {
  Sets sets(facts, path, warnings);
  CapabilitySets plan;
  plan.bounding = sets.Read(capabilities.bounding, "bounding");
  plan.permitted = sets.Read(capabilities.permitted, "permitted");
  plan.effective = sets.Limit(sets.Read(capabilities.effective, "effective"),
                              plan.permitted,
                              "effective",
                              "not in the permitted set");
  plan.inheritable = sets.Limit(sets.Read(capabilities.inheritable, "inheritable"),
                                plan.bounding,
                                "inheritable",
                                "not in the bounding set");
  // Engines clear the inheritable set (CVE-2022-27651); an ambient one that they leave has no
  // effect, and that is not worth a warning at every step of a build.
  if (capabilities.inheritable.empty()) return plan;
  plan.ambient = sets.Limit(sets.Read(capabilities.ambient, "ambient"),
                            plan.permitted & plan.inheritable,
                            "ambient",
                            "not both permitted and inheritable");
  return plan;
}

std::string NamesOf(std::uint64_t set) {
  std::string names;
  for (unsigned number = 0; number < abi::kCapabilityNames.size(); ++number) {
    if ((set & abi::CapabilityBit(number)) == 0) continue;
    if (!names.empty()) names += ' ';
    names += abi::kCapabilityNames[number];
  }
  return names.empty() ? "none" : names;
}

}  // namespace agentbox::plan
