#include "launch/bpf.h"

#include <bit>

namespace agentbox::launch {
namespace {

// A conditional jump's distance is a byte. One less is for the trampoline of the other way.
constexpr std::size_t kReach = 254;

// An answer is made anew when it is this far: what is made between now and its use takes some of
// the reach.
constexpr std::size_t kReuse = 200;

constexpr std::uint32_t kAll = 0xffffffff;

constexpr struct sock_filter Instruction(unsigned code, std::uint32_t value) {
  return {.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = value};
}

}  // namespace

BpfAddress BpfCode::Append(const struct sock_filter& instruction) {
  reversed_.push_back(instruction);
  return reversed_.size() - 1;
}

BpfAddress BpfCode::Answer(std::uint32_t value) {
  const auto known = answers_.find(value);
  if (known != answers_.end() && Distance(known->second) < kReuse) return known->second;
  const BpfAddress address = Append(Instruction(BPF_RET | BPF_K, value));
  answers_[value] = address;
  return address;
}

BpfAddress BpfCode::Load(Word word, BpfAddress next) {
  ContinueAt(next);
  return Append(Instruction(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(word)));
}

BpfAddress BpfCode::Branch(const Test& test, BpfAddress yes, BpfAddress no) {
  yes = Near(yes);
  no = Near(no);
  yes = Near(yes);  // the other way's trampoline may have put it out of reach
  struct sock_filter branch = Instruction(BPF_JMP | test.operation | BPF_K, test.value);
  branch.jt = static_cast<std::uint8_t>(Distance(yes));
  branch.jf = static_cast<std::uint8_t>(Distance(no));
  return Append(branch);
}

BpfAddress BpfCode::Masked(Word word, std::uint32_t mask, std::uint32_t wanted, const Ways& ways) {
  if ((wanted & ~mask) != 0) return ways.no;
  if (mask == 0) return ways.yes;
  if (mask == kAll) return Load(word, Branch({BPF_JEQ, wanted}, ways.yes, ways.no));
  if (wanted == 0) return Load(word, Branch({BPF_JSET, mask}, ways.no, ways.yes));
  if (KeepsWord(mask, wanted)) return Load(word, Branch({BPF_JSET, mask}, ways.yes, ways.no));
  Branch({BPF_JEQ, wanted}, ways.yes, ways.no);
  return Load(word, Append(Instruction(BPF_ALU | BPF_AND | BPF_K, mask)));
}

bool BpfCode::KeepsWord(std::uint32_t mask, std::uint32_t wanted) {
  return mask == kAll || wanted == 0 || (wanted == mask && std::has_single_bit(mask));
}

std::vector<struct sock_filter> BpfCode::Program() && {
  return {reversed_.rbegin(), reversed_.rend()};
}

BpfAddress BpfCode::WithoutLoad(Word word, BpfAddress target) {
  const bool is_last = target + 1 == reversed_.size() && target > 0;
  const struct sock_filter load =
      Instruction(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(word));
  if (!is_last || reversed_[target].code != load.code || reversed_[target].k != load.k) {
    return target;
  }
  reversed_.pop_back();
  return target - 1;
}

BpfAddress BpfCode::Near(BpfAddress target) {
  if (Distance(target) <= kReach) return target;
  return Append(Instruction(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(Distance(target))));
}

// An instruction that is no jump goes on at the one that was made before it.
void BpfCode::ContinueAt(BpfAddress next) {
  if (next + 1 == reversed_.size()) return;
  Append(Instruction(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(Distance(next))));
}

}  // namespace agentbox::launch
