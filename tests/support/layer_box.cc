#include "support/layer_box.h"

#include <fcntl.h>

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "review/listing.h"

namespace agentbox::test {
namespace {

UniqueFd OpenDirectory(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

class Lister final : public review::Visitor {
 public:
  Result<void> Visit(const review::Change& change) override {
    text += review::ListLine(change) + "\n";
    return {};
  }
  std::string text;
};

}  // namespace

LayerBox::LayerBox() {
  for (const char* name : {"tree", "upper", "work", "merged"})
    std::filesystem::create_directory(directory_.Path() + "/" + name);
  upper_ = OpenDirectory(Upper());
  tree_ = OpenDirectory(Tree());
  layer_.upper = upper_.Get();
  layer_.tree = tree_.Get();
}

// TemporaryDirectory can not remove what is very deep.
LayerBox::~LayerBox() {
  RunCommand({"rm", "-rf", Tree(), Upper(), Seen()});
}

void LayerBox::Run(const std::string& directory, const std::string& script) const {
  const Outcome outcome = RunCommand({"bash", "-euc", script}, {.directory = directory});
  BOOST_REQUIRE_MESSAGE(outcome.Succeeded(), outcome.errors);
}

void LayerBox::InTree(const std::string& script) const {
  Run(Tree(), script);
}

void LayerBox::InLayer(const std::string& script) const {
  Run(Upper(), script);
}

void LayerBox::Inside(const std::string& script) const {
  const std::string mount =
      "mount -t overlay overlay -o lowerdir=tree,upperdir=upper,workdir=work," + options +
      " merged";
  const Outcome outcome = RunCommand(
      {"unshare",
       "--mount",
       "--propagation",
       "private",
       "bash",
       "-euc",
       mount + "; cd merged; " + script + "; rm -rf ../seen; cp -a --sparse=always . ../seen"},
      {.directory = directory_.Path()});
  BOOST_REQUIRE_MESSAGE(outcome.Succeeded(), outcome.errors);
}

std::string LayerBox::Changes() {
  Lister lister;
  const auto walked = review::WalkChanges(layer_, lister);
  return walked ? lister.text : walked.error().ToString();
}

}  // namespace agentbox::test
