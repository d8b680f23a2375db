// The layers that a template which is being made has taken from where they were. Which these are is
// written down in its directory before each is moved: one that does not come about gives them back,
// also where its command was killed.
//
//   taken/N -> DIRECTORY        in which the layer was `upper`
//   taken/N.place -> PATH       where it is in the template's directory: "layer/home/a/project"
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::container {

// Moves `upper` of the directory `layers` to `place`, relative to `directory`, the template's. What
// is above that is there.
Result<void> TakeLayer(const UniqueFd& directory, const UniqueFd& layers, const std::string& place);

// Moves all of them back, but those whose directory is gone: they are nobody's any more. Nothing is
// replaced by one (EEXIST). No error where none was taken, or they are back.
Result<void> GiveLayersBack(const UniqueFd& directory);

// The directory is a template's: they are its own.
Result<void> KeepLayers(const UniqueFd& directory);

}  // namespace agentbox::container
