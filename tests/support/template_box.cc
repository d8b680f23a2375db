#include "support/template_box.h"

#include <filesystem>

#include <boost/test/unit_test.hpp>

namespace agentbox::test {
namespace {

using Strings = std::vector<std::string>;

const std::string kTemplates = "/var/lib/agentbox/@templates/";

}  // namespace

TemplateBox::~TemplateBox() {
  // Those that lie on others first.
  for (auto name = names_.rbegin(); name != names_.rend(); ++name)
    Template({"remove", *name});
  DiscardReviews();
}

std::string TemplateBox::Name() {
  names_.push_back(NewId());
  return names_.back();
}

Strings TemplateBox::WithXattrs() const {
  const std::string policy = tree / "xattrs.json";
  WriteFile(policy, R"({"seccomp": {"allow": ["setxattr", "getxattr", "listxattr"]}})");
  return {"--policy", policy};
}

Outcome TemplateBox::Template(const Strings& words, CommandOptions how) const {
  if (how.directory.empty()) how.directory = tree.Path();
  Strings args = {AgentboxPath()};
  args.insert(args.end(), global.begin(), global.end());
  args.emplace_back("template");
  args.insert(args.end(), words.begin(), words.end());
  return RunCommand(args, how);
}

std::string TemplateBox::Created(const std::string& script, const Strings& options) {
  Strings words = {"create", Name(), "-q", "--network", "none", "--run", script};
  const std::string name = words[1];
  words.insert(words.end(), options.begin(), options.end());
  const Outcome outcome = Template(words);
  BOOST_TEST_REQUIRE(outcome.status == 0, outcome.errors);
  return name;
}

nlohmann::json TemplateBox::Record(const std::string& name) {
  return nlohmann::json::parse(ReadFile(kTemplates + name + "/template.json"));
}

std::string TemplateBox::LayerOf(const std::string& name) {
  return kTemplates + name + "/layer";
}

void TemplateBox::CheckNothingHalfMade(const std::string& name) {
  std::error_code no_store;  // before the first template
  for (const auto& left : std::filesystem::directory_iterator(kTemplates, no_store))
    BOOST_TEST(left.path().filename().string().find("-" + name + ".") == std::string::npos);
}

}  // namespace agentbox::test
