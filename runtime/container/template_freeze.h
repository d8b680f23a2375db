// An upper layer becomes a template.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "container/template_record.h"
#include "container/template_store.h"
#include "plan/sandbox_plan.h"

namespace agentbox::container {

struct FreezeRequest {
  const TemplateStore& store;
  TemplateRecord record;  // but for what is found out here: created, size, files
  std::string scratch;    // the sandbox's scratch directory, absolute
  // Directories that begin empty in each sandbox, /tmp in `do`: what is in them is no part of a
  // template. As plan::RootfsPlan.
  std::vector<std::string> emptied;
};

// Takes the upper layer of the root file system out of the scratch directory: O(1), but that it is
// looked through for its size. Nothing of the sandbox runs any more. kAlreadyExists for a name that
// is taken; kUnsupported where the root file system has no layer on disk of its own.
//
// It is renamed, and not copied: the layer of a stopped container is gone from there after this.
Result<TemplateRecord> Freeze(FreezeRequest request);

// Counts entries and bytes of the layer into `record`.
Result<void> Measure(const UniqueFd& layer, TemplateRecord& record);

// Where the sandbox wrote to a throwaway layer over another mount than the root file system's:
// none of that is frozen. Before the scratch directory is removed.
Result<std::vector<std::string>> WrittenBeside(const plan::SandboxPlan& plan);

// Which of the request's `emptied` directories the sandbox wrote to, absolute. Before Freeze.
Result<std::vector<std::string>> WrittenToEmptied(const FreezeRequest& request);

}  // namespace agentbox::container
