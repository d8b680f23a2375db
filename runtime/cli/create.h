// The options that create and run share.
#pragma once

#include "base/error.h"
#include "cli/command.h"

namespace agentbox::cli {

constexpr Option kBundleOption = {"bundle", 'b', "DIR", "directory of the bundle (default: .)"};
constexpr Option kConsoleSocketOption = {
    "console-socket", 0, "SOCKET", "unix socket that is sent the master of the terminal"};
constexpr Option kPidFileOption = {"pid-file", 0, "FILE", "write the process's pid to FILE"};
constexpr Option kNoPivotOption = {"no-pivot", 0, "", "refused: a container could leave its root"};
constexpr Option kNoNewKeyringOption = {
    "no-new-keyring", 0, "", "keep the session keyring of the caller"};
constexpr Option kPreserveFdsOption = {
    "preserve-fds", 0, "N", "pass on N file descriptors from 3 on, after those of LISTEN_FDS"};

// kRefused for --no-pivot.
Result<container::CreateOptions> ReadCreateOptions(const Invocation& invocation);

// --preserve-fds. kUsage where the caller has not passed them (`besides`: and those): a container
// would get files of ours that have their numbers.
Result<unsigned> ReadPreserveFds(const Invocation& invocation, unsigned besides);

}  // namespace agentbox::cli
