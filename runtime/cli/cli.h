// From argv to a command's exit status.
#pragma once

namespace agentbox::cli {

// Runs the command that the words name. An error is one line on standard error, and one in the log.
int Main(int argc, char** argv);

}  // namespace agentbox::cli
