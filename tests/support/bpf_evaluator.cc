#include "support/bpf_evaluator.h"

#include <linux/bpf_common.h>

#include <cstring>

namespace agentbox::support {
namespace {

// The instructions that the kernel lets a seccomp filter have and that a compiler of one would use.
class Machine {
 public:
  explicit Machine(const struct seccomp_data& data) : data_(data) {}

  // Whether the instruction is known; a jump adds to `next`.
  bool Run(const struct sock_filter& instruction, std::size_t& next) {
    const std::uint32_t k = instruction.k;
    switch (instruction.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (k % 4 != 0 || k + 4 > sizeof data_) return false;
        std::memcpy(&a_, reinterpret_cast<const char*>(&data_) + k, sizeof a_);
        return true;
      case BPF_ALU | BPF_AND | BPF_K:
        a_ &= k;
        return true;
      case BPF_JMP | BPF_JA:
        next += k;
        return true;
      case BPF_JMP | BPF_JEQ | BPF_K:
        next += a_ == k ? instruction.jt : instruction.jf;
        return true;
      case BPF_JMP | BPF_JGT | BPF_K:
        next += a_ > k ? instruction.jt : instruction.jf;
        return true;
      case BPF_JMP | BPF_JGE | BPF_K:
        next += a_ >= k ? instruction.jt : instruction.jf;
        return true;
      case BPF_JMP | BPF_JSET | BPF_K:
        next += (a_ & k) != 0 ? instruction.jt : instruction.jf;
        return true;
      default:
        return false;
    }
  }

 private:
  const struct seccomp_data& data_;
  std::uint32_t a_ = 0;
};

}  // namespace

std::optional<Verdict> Evaluate(const std::vector<struct sock_filter>& program,
                                const struct seccomp_data& data) {
  Machine machine(data);
  Verdict verdict;
  for (std::size_t next = 0; next < program.size();) {
    const struct sock_filter& instruction = program[next++];
    ++verdict.steps;
    if (instruction.code == (BPF_RET | BPF_K)) {
      verdict.answer = instruction.k;
      return verdict;
    }
    if (!machine.Run(instruction, next)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace agentbox::support
