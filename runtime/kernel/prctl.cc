#include "kernel/prctl.h"

#include <sys/prctl.h>

namespace agentbox::kernel {
namespace {

Result<void> Prctl(int option, unsigned long argument, const char* name) {
  // The kernel refuses some options where the arguments that they do not use are not 0.
  if (::prctl(option, argument, 0UL, 0UL, 0UL) < 0) {
    return Fail(Error::FromErrno().Within(std::string("prctl(2) ") + name));
  }
  return {};
}

}  // namespace

Result<void> SetDumpable(bool dumpable) {
  return Prctl(PR_SET_DUMPABLE, dumpable ? 1 : 0, "PR_SET_DUMPABLE");
}

Result<void> SetNoNewPrivileges() {
  return Prctl(PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS");
}

Result<void> SetKeepCapabilities(bool keep) {
  return Prctl(PR_SET_KEEPCAPS, keep ? 1 : 0, "PR_SET_KEEPCAPS");
}

Result<void> SetParentDeathSignal(int signal) {
  return Prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(signal), "PR_SET_PDEATHSIG");
}

Result<void> SetChildSubreaper(bool subreaper) {
  return Prctl(PR_SET_CHILD_SUBREAPER, subreaper ? 1 : 0, "PR_SET_CHILD_SUBREAPER");
}

Result<void> SetProcessName(const std::string& name) {
  if (::prctl(PR_SET_NAME, name.c_str()) < 0) {
    return Fail(Error::FromErrno().Within("prctl(2) PR_SET_NAME"));
  }
  return {};
}

}  // namespace agentbox::kernel
