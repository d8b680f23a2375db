// A tree, and a layer over it that a real overlay has made, in a mount namespace of its own.
#pragma once

#include <string>
#include <vector>

#include "review/changes.h"
#include "support/command.h"
#include "support/files.h"

namespace agentbox::test {

class LayerBox {
 public:
  LayerBox();
  LayerBox(const LayerBox&) = delete;
  LayerBox& operator=(const LayerBox&) = delete;
  ~LayerBox();

  // Options of the overlay, besides its directories.
  std::string options = "redirect_dir=on,metacopy=off,index=off";

  std::string Tree() const { return directory_.Path() + "/tree"; }
  std::string Upper() const { return directory_.Path() + "/upper"; }
  // What could be seen through the overlay after the last script.
  std::string Seen() const { return directory_.Path() + "/seen"; }
  // Another place in the box.
  std::string operator/(const std::string& name) const { return directory_.Path() + "/" + name; }

  // Runs a shell script in the tree, as its owner would. It must succeed.
  void InTree(const std::string& script) const;
  // The same in the layer as it is on disk, for what no overlay would make.
  void InLayer(const std::string& script) const;
  // The same through the overlay, as a sandbox would, and copies what is seen then.
  void Inside(const std::string& script) const;

  // The layer, as far as it is its own; `upper` and `tree` live as long as the box.
  review::Layer& Layer() { return layer_; }

  // A line for each change (listing.h), or the error.
  std::string Changes();

 private:
  void Run(const std::string& directory, const std::string& script) const;

  TemporaryDirectory directory_;
  UniqueFd upper_;
  UniqueFd tree_;
  review::Layer layer_;
};

}  // namespace agentbox::test
