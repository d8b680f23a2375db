// Runs a seccomp filter as a function, without the kernel (after sandbox2's bpf_evaluator).
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace agentbox::support {

struct Verdict {
  std::uint32_t answer = 0;  // SECCOMP_RET_*
  unsigned steps = 0;        // instructions that ran
};

// Nothing for a program that the kernel would not take or that runs off its end.
std::optional<Verdict> Evaluate(const std::vector<struct sock_filter>& program,
                                const struct seccomp_data& data);

}  // namespace agentbox::support
