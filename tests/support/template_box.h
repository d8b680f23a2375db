// Templates from the outside: agentbox(8), TEMPLATE.
#pragma once

#include <string>
#include <vector>

#include "support/do_box.h"

namespace agentbox::test {

// The fixture of cases of `template`: the templates that Name has named go with it.
struct TemplateBox : DoBox {
  TemplateBox() = default;
  TemplateBox(const TemplateBox&) = delete;
  TemplateBox& operator=(const TemplateBox&) = delete;
  ~TemplateBox();

  // A name that no other template has.
  std::string Name();

  // Options by which a sandbox may have extended attributes, which the profile leaves to a sentry.
  std::vector<std::string> WithXattrs() const;

  std::vector<std::string> global;  // options before `template`

  // agentbox template WORDS..., from the tree.
  Outcome Template(const std::vector<std::string>& words, CommandOptions how = {}) const;

  // One made by `script` of sh(1), without network: its name.
  std::string Created(const std::string& script, const std::vector<std::string>& options = {});

  // template.json.
  static nlohmann::json Record(const std::string& name);
  static std::string LayerOf(const std::string& name);

  // That nothing is left of a template that was being made or removed.
  static void CheckNothingHalfMade(const std::string& name);

 private:
  std::vector<std::string> names_;
};

}  // namespace agentbox::test
