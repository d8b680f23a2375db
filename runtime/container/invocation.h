// What one invocation of the runtime begins with, and reads of the world besides containers.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::container {

// Opens /dev/null for each standard stream that is closed, so that no file of ours takes its number
// and is written to, or handed to a container, in its place. How many descriptors from 3 on the
// caller has passed, without a gap.
Result<unsigned> PrepareProcess();

// The file of --log, made if need be, for appending.
Result<UniqueFd> OpenLog(const std::string& path);

// /run/agentbox; for whoever is not the host's root, $XDG_RUNTIME_DIR/agentbox.
Result<std::string> DefaultRoot();

// `path` from "/" on; it need not be there.
Result<std::string> AbsolutePath(const std::string& path);

// The whole of the file `path`, or of standard input where it is "-".
Result<std::string> ReadInput(const std::string& path);

// kAlreadyExists if `path` is there.
Result<void> WriteNewFile(const std::string& path, const std::string& text);

// Returns where the process may mount; else starts the program again, with `argv` (null at its
// end), in a user namespace of the invoking user's (launch/reentry.h).
Result<void> EnsurePrivilege(const std::vector<char*>& argv);

}  // namespace agentbox::container
