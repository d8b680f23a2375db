#include "container/filters.h"

#include "launch/filter.h"

namespace agentbox::container {

Result<std::vector<abi::SeccompProgram>> CompileFilters(const plan::SeccompPlan& plan) {
  std::vector<abi::SeccompProgram> programs;
  for (const plan::SeccompFilter& filter : plan.filters) {
    programs.push_back(TRY_WITHIN(launch::CompileFilter(filter), filter.origin));
  }
  return programs;
}

}  // namespace agentbox::container
