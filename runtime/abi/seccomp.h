// A seccomp filter as the kernel takes it.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace agentbox::abi {

struct SeccompProgram {
  std::vector<struct sock_filter> instructions;
  unsigned flags = 0;  // SECCOMP_FILTER_FLAG_*; with _NEW_LISTENER loading gives a listener
};

}  // namespace agentbox::abi
