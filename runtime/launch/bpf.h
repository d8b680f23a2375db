// Classic BPF, made back to front: whatever an instruction goes on to is there before it, so that a
// jump's distance is known when it is made (the way of Chromium's sandbox/linux/bpf_dsl).
#pragma once

#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace agentbox::launch {

// An instruction, counted from the program's end.
using BpfAddress = std::size_t;

class BpfCode {
 public:
  // A word of struct seccomp_data, by its offset.
  enum class Word : std::uint32_t {};
  static constexpr Word kNumber{offsetof(struct seccomp_data, nr)};
  static constexpr Word kArchitecture{offsetof(struct seccomp_data, arch)};
  static constexpr Word Low(unsigned argument) { return HalfOf(argument, kIsLittle ? 0 : 4); }
  static constexpr Word High(unsigned argument) { return HalfOf(argument, kIsLittle ? 4 : 0); }

  // A comparison of A with `value`.
  struct Test {
    unsigned operation;  // BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET
    std::uint32_t value;
  };
  struct Ways {
    BpfAddress yes;
    BpfAddress no;
  };

  // Returns `value` (SECCOMP_RET_*). Made once for all that are near enough to jump there.
  BpfAddress Answer(std::uint32_t value);

  // Loads `word` into A and goes on at `next`.
  BpfAddress Load(Word word, BpfAddress next);

  BpfAddress Branch(const Test& test, BpfAddress yes, BpfAddress no);

  // Loads `word` and goes on by whether its bits of `mask` are `wanted`. Nothing is loaded for an
  // empty mask.
  BpfAddress Masked(Word word, std::uint32_t mask, std::uint32_t wanted, const Ways& ways);

  // Whether the code that Masked makes leaves the word in A: a bit is tested where it is.
  static bool KeepsWord(std::uint32_t mask, std::uint32_t wanted);

  // Takes away the load of `word` at `target`, if that was made last, for somebody who alone goes
  // there and has the word in A; where to go then.
  BpfAddress WithoutLoad(Word word, BpfAddress target);

  // The instruction made last is the first.
  std::vector<struct sock_filter> Program() &&;

 private:
  static constexpr bool kIsLittle = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  static constexpr Word HalfOf(unsigned argument, std::uint32_t offset) {
    return Word{static_cast<std::uint32_t>(offsetof(struct seccomp_data, args)) + argument * 8 +
                offset};
  }

  BpfAddress Append(const struct sock_filter& instruction);
  // How far it is from the instruction that comes next to `target`, as a jump counts.
  std::size_t Distance(BpfAddress target) const { return reversed_.size() - target - 1; }
  BpfAddress Near(BpfAddress target);
  void ContinueAt(BpfAddress next);

  std::vector<struct sock_filter> reversed_;
  std::map<std::uint32_t, BpfAddress> answers_;
};

}  // namespace agentbox::launch
