#include "apply/streams.h"

#include <unistd.h>

#include "kernel/path.h"
#include "kernel/user.h"

namespace agentbox::apply {

void OwnStreams(uid_t uid) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const auto status = kernel::Stat(fd);
    if (!status || !(S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode))) continue;
    const auto given = kernel::SetOwner(fd, uid, static_cast<gid_t>(-1));
    static_cast<void>(given);
  }
}

}  // namespace agentbox::apply
