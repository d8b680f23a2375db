#include "container/template_create.h"

#include <utility>

#include "base/strings.h"
#include "container/host_facts.h"
#include "container/inputs.h"
#include "container/lifecycle.h"
#include "container/reviews.h"
#include "container/template_freeze.h"
#include "container/template_from_review.h"
#include "container/template_store.h"
#include "kernel/file.h"

namespace agentbox::container {
namespace {

Result<void> CheckSource(const StateDirectory& directory, const StateFile& state) {
  const Status status = TRY(StatusOf(state));
  if (status != Status::kStopped) {
    return Fail(Error(ErrorKind::kWrongState,
                      "container " + Quoted(state.id) +
                          " has not ended: what it writes next "
                          "would be in the template"));
  }
  // One of `do` has none, and is about to be removed.
  if (TRY(kernel::Exists(directory.Get(), kKeptConfig))) return {};
  return Fail(Error(ErrorKind::kUnsupported,
                    Quoted(state.id) + " is a sandbox of do: give its command to --run"));
}

Result<void> FreezeContainer(const TemplateStore& store,
                             const std::string& name,
                             const StateDirectory& directory) {
  const StateFile state = TRY(directory.Read());
  TRY(CheckSource(directory, state));
  const plan::HostFacts facts = TRY(GatherHostFacts());
  TemplateRecord record = {.name = name,
                           .parent = TemplateOfUse(state.template_use),
                           .image = state.rootfs,
                           .system = state.system,
                           .container = state.id,
                           .maps = state.id_maps,
                           .uses_user_xattrs = !facts.in_initial_user_namespace};
  TRY_WITHIN(
      Freeze({.store = store, .record = std::move(record), .scratch = state.scratch_directory}),
      "container " + Quoted(state.id));
  return {};
}

}  // namespace

Result<void> CreateTemplateByRun(const Runtime& runtime,
                                 const std::string& name,
                                 const std::string& setup,
                                 DoOptions options) {
  TRY(CheckTemplateName(name));
  options.command = {"/bin/sh", "-c", setup};
  options.freeze_as = name;
  const int status = TRY(Do(runtime, options));
  if (status == 0) return {};
  return Fail(
      Error(ErrorKind::kWrongState,
            "the command exited with " + std::to_string(status) + ": no template was made"));
}

Result<void> CreateTemplateFrom(const Runtime& runtime,
                                const std::string& name,
                                const std::string& source) {
  const policy::Policy policy = TRY(ReadPolicy(runtime));
  const plan::HostFacts facts = TRY(GatherHostFacts());
  const TemplateStore store(TemplateDirectory(runtime, policy, facts));
  TRY(store.CheckFree(name));
  const auto directory = StateDirectory::Open(runtime.root, source);
  if (directory) return FreezeContainer(store, name, *directory);
  if (directory.error().Kind() != ErrorKind::kNotFound) return Fail(directory.error());
  auto review = review::Open(TRY(ReviewBase(runtime)), source, review::Access::kWrite);
  if (review) return FreezeReview(store, name, policy, *std::move(review));
  if (review.error().Kind() != ErrorKind::kNotFound) return Fail(review.error());
  return Fail(Error(ErrorKind::kNotFound, Quoted(source) + " is neither a container nor a review"));
}

}  // namespace agentbox::container
