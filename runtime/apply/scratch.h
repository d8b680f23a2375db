// The directory of one sandbox's throwaway layers.
#pragma once

#include <string>

#include "base/error.h"
#include "plan/scratch.h"

namespace agentbox::apply {

// Makes the directory and what is missing above it, for its owner alone, and sets its quota if it
// is to have one. Recorded before in state.json, so that a later `delete` finds it.
Result<void> MakeScratch(const plan::Scratch& scratch);

// Mounts on the directory, in this mount namespace alone, what else the layers are to be in: an
// image, a tmpfs, or nothing.
Result<void> MountScratch(const plan::Scratch& scratch);

// Removes it with all that the sandbox left there, of which nothing is followed or trusted, and its
// quota. No error if it is not there.
Result<void> RemoveScratch(const std::string& directory);

}  // namespace agentbox::apply
