// Where templates are: beside the scratch directories, so that a layer becomes one by being
// renamed.
//
//   /var/lib/agentbox/@templates/         locked while a template is added, taken into use, removed
//     NAME/template.json                  TemplateRecord
//     NAME/layer/                         an upper layer that nothing writes to any more
//     NAME/users/ID.HASH -> STATE         a sandbox that uses it, and its state directory
//     .new-NAME.PID, .old-NAME.PID        being made, being removed, and locked as long: `gc`
//                                         removes what is left of them, and gives back the layers
//                                         that the one has taken (taken_layers.h)
//
// A record of a user whose state directory is gone counts for nothing, as with ranges of ids: all
// of --root use the same templates.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "container/container.h"
#include "container/template_record.h"
#include "plan/host_facts.h"
#include "plan/rootfs.h"
#include "policy/policy.h"

namespace agentbox::container {

// The directory of the templates of sandboxes under this policy. It need not be there.
std::string TemplateDirectory(const Runtime& runtime,
                              const policy::Policy& policy,
                              const plan::HostFacts& facts);
// The same by the policy file that holds, without annotations.
Result<std::string> TemplateDirectory(const Runtime& runtime);

class TemplateStore {
 public:
  explicit TemplateStore(std::string directory) : directory_(std::move(directory)) {}

  const std::string& Directory() const { return directory_; }
  std::string PathOf(const std::string& name) const { return directory_ + "/" + name; }

  // kNotFound: no template of that name.
  Result<TemplateRecord> Read(const std::string& name) const;

  // Sorted by name. One whose record can not be read is left out, with a warning in `log`.
  Result<std::vector<TemplateRecord>> List(const Log& log) const;

  // The layers of the template and of those below it, topmost first.
  Result<std::vector<plan::TemplateLayer>> Layers(const std::string& name) const;

  // The state directories of the sandboxes that use it, sorted.
  Result<std::vector<std::string>> Users(const std::string& name) const;

  // kAlreadyExists if there is one of that name.
  Result<void> CheckFree(const std::string& name) const;

  // kWrongState while a sandbox uses it or another template lies on it, naming them.
  Result<void> Remove(const std::string& name) const;

  // Gives back the layers that killed commands have taken for templates which they did not make.
  Result<void> GiveLayersBack() const;

  // Removes what killed commands have left; a line on each. What holds a layer that can not be
  // given back stays, with a warning in `log`.
  Result<std::vector<std::string>> CollectGarbage(const Log& log) const;

 private:
  // What no command works on any more, locked.
  struct Stale {
    std::string name;
    UniqueFd directory;
  };
  Result<std::vector<Stale>> FindStale() const;

  std::string directory_;
};

// A template that is being made: a directory that becomes the template, or goes with this object,
// which then gives back the layers that were taken for it. Its name is nobody else's meanwhile.
class NewTemplate {
 public:
  // kAlreadyExists: there is one of that name, or one is being made.
  static Result<NewTemplate> Begin(const TemplateStore& store, const std::string& name);
  NewTemplate(NewTemplate&&) = default;
  NewTemplate& operator=(NewTemplate&&) = delete;
  ~NewTemplate();

  // Of the directory that is to get `layer`.
  const UniqueFd& Directory() const { return directory_; }

  // Writes down all but the layer. Before Take: what can fail is done before a layer is moved.
  Result<void> Describe(const TemplateRecord& record);

  // TakeLayer.
  Result<void> Take(const UniqueFd& layers, const std::string& place);

  // Puts all of it on the disk, and gives it its name. kAlreadyExists, and kNotFound for a parent
  // that is gone.
  Result<void> Finish();

 private:
  NewTemplate(TemplateStore store, UniqueFd parent, UniqueFd directory, std::string temporary)
      : store_(std::move(store)),
        parent_(std::move(parent)),
        directory_(std::move(directory)),
        temporary_(std::move(temporary)) {}

  TemplateStore store_;
  UniqueFd parent_;
  UniqueFd directory_;
  std::string temporary_;  // its name until Finish; empty: done
  std::string name_;
  std::string lies_on_;
};

// The record that a sandbox with the state directory `state` uses `layer`: the path of a symlink,
// named as the sandbox's scratch directory is.
std::string TemplateUse(const plan::TemplateLayer& layer, const std::string& scratch);

// Makes it, so that the template stays. kNotFound where it is gone since it was planned with.
Result<void> HoldTemplate(const plan::TemplateLayer& layer,
                          const std::string& use,
                          const std::string& state);

// Removes it. No error if it is not there, or `use` is empty.
Result<void> ReleaseTemplate(const std::string& use);

// The template that `use` is of: "/var/lib/agentbox/@templates/NAME/users/..." to NAME; else empty.
std::string TemplateOfUse(const std::string& use);

}  // namespace agentbox::container
