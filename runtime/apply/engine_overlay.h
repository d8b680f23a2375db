// The overlay that an engine mounted for a container, as the mount table describes it: what it is
// made of, so that it can be made anew with other ids. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentbox::apply {

struct EngineOverlay {
  std::vector<std::string> lower;  // topmost first
  std::vector<std::string> data;   // data-only layers, below them (Linux 6.5)
  std::string upper;               // empty: the overlay is read-only
  std::string work;
  // What the layers were written with, and are read with: metacopy, redirect_dir, userxattr.
  std::vector<std::pair<std::string, std::string>> options;
};

// Reads the options of an overlay's superblock (kernel::MountEntry::options). A comma in a
// directory's name is told from one between options by what follows it.
EngineOverlay ReadEngineOverlay(std::string_view options);

}  // namespace agentbox::apply
