// What a sandbox of `do` wrote below its working directory becomes a template.
#pragma once

#include <string>

#include "base/error.h"
#include "container/template_store.h"
#include "policy/policy.h"
#include "review/store.h"

namespace agentbox::container {

// Freezes the layers of the review, which is gone then, as the template `name` on this system's
// root file system: each at the place of the real tree that it is over. kUnsupported for a review
// of a container's volumes, which are at other places; kRefused while its sandbox runs.
//
// The layers are renamed, and not copied: as the last step, after which only the name of the
// template is missing. Where that fails, or the command is killed, the review gets them back. What
// `policy` denies is not copied into them (review::Settle).
Result<void> FreezeReview(const TemplateStore& store,
                          const std::string& name,
                          const policy::Policy& policy,
                          review::Review review);

}  // namespace agentbox::container
