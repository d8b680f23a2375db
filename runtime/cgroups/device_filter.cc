#include "cgroups/device_filter.h"

#include <cstddef>
#include <cstdint>

#include "kernel/bpf.h"

namespace agentbox::cgroups {
namespace {

using Instruction = struct bpf_insn;
using Program = std::vector<Instruction>;

// What the prologue leaves in the registers. r0 is the verdict.
constexpr std::uint8_t kContext = BPF_REG_1;
constexpr std::uint8_t kType = BPF_REG_2;
constexpr std::uint8_t kAccess = BPF_REG_3;
constexpr std::uint8_t kMajor = BPF_REG_4;
constexpr std::uint8_t kMinor = BPF_REG_5;
constexpr std::uint8_t kScratch = BPF_REG_6;

Instruction Make(int code, std::uint8_t to, std::uint8_t from, int offset, std::int32_t value) {
  Instruction instruction = {};
  instruction.code = static_cast<std::uint8_t>(code);
  instruction.dst_reg = to & 15U;
  instruction.src_reg = from & 15U;
  instruction.off = static_cast<std::int16_t>(offset);
  instruction.imm = value;
  return instruction;
}

Instruction Load(std::uint8_t to, std::size_t offset) {
  return Make(BPF_LDX | BPF_MEM | BPF_W, to, kContext, static_cast<int>(offset), 0);
}

Instruction Set(std::uint8_t to, std::int32_t value) {
  return Make(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}

Instruction Copy(std::uint8_t to, std::uint8_t from) {
  return Make(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

// 32 bits wide: a major of 0x80000000 is not to be extended by its sign.
Instruction And(std::uint8_t to, std::int32_t value) {
  return Make(BPF_ALU | BPF_AND | BPF_K, to, 0, 0, value);
}

Instruction ShiftRight(std::uint8_t to, std::int32_t bits) {
  return Make(BPF_ALU | BPF_RSH | BPF_K, to, 0, 0, bits);
}

// To be pointed at the next rule by EndRule.
Instruction NextIf(int condition, std::uint8_t left, std::int32_t value) {
  return Make(BPF_JMP32 | condition | BPF_K, left, 0, 0, value);
}

Instruction Exit() {
  return Make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

// access_type is the type of the device in its low half, the access in its high half.
Program Prologue() {
  return {Load(kType, offsetof(bpf_cgroup_dev_ctx, access_type)),
          Copy(kAccess, kType),
          And(kType, 0xffff),
          ShiftRight(kAccess, 16),
          Load(kMajor, offsetof(bpf_cgroup_dev_ctx, major)),
          Load(kMinor, offsetof(bpf_cgroup_dev_ctx, minor))};
}

std::int32_t AccessBits(const std::string& access) {
  std::int32_t bits = 0;
  for (const char letter : access) {
    if (letter == 'r') bits |= BPF_DEVCG_ACC_READ;
    if (letter == 'w') bits |= BPF_DEVCG_ACC_WRITE;
    if (letter == 'm') bits |= BPF_DEVCG_ACC_MKNOD;
  }
  return bits;
}

constexpr std::int32_t kAllAccess = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;

void AddAccessTest(const plan::DeviceAccess& rule, Program& test) {
  const std::int32_t bits = AccessBits(rule.access);
  if (bits == kAllAccess) return;
  test.push_back(Copy(kScratch, kAccess));
  test.push_back(And(kScratch, rule.allow ? ~bits : bits));
  // An allowed access has no bit beside the rule's; a denied one has some of the rule's.
  test.push_back(NextIf(rule.allow ? BPF_JNE : BPF_JEQ, kScratch, 0));
}

// The tests of one rule, each of which leads to the next rule, and its verdict.
Program Rule(const plan::DeviceAccess& rule) {
  Program code;
  if (rule.type != 'a') {
    const std::int32_t type = rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
    code.push_back(NextIf(BPF_JNE, kType, type));
    AddAccessTest(rule, code);
    if (rule.major) code.push_back(NextIf(BPF_JNE, kMajor, static_cast<std::int32_t>(*rule.major)));
    if (rule.minor) code.push_back(NextIf(BPF_JNE, kMinor, static_cast<std::int32_t>(*rule.minor)));
  }
  code.push_back(Set(BPF_REG_0, rule.allow ? 1 : 0));
  code.push_back(Exit());
  for (std::size_t i = 0; i < code.size(); ++i) {
    const bool is_jump = BPF_CLASS(code[i].code) == BPF_JMP32;
    if (is_jump) code[i].off = static_cast<std::int16_t>(code.size() - i - 1);
  }
  return code;
}

}  // namespace

Program DeviceProgram(const std::vector<plan::DeviceAccess>& rules) {
  Program program = Prologue();
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    const Program code = Rule(*rule);
    program.insert(program.end(), code.begin(), code.end());
    // The verifier refuses what can not be reached.
    if (rule->type == 'a') return program;
  }
  program.push_back(Set(BPF_REG_0, 0));
  program.push_back(Exit());
  return program;
}

Result<void> SetDeviceFilter(int directory, const std::vector<plan::DeviceAccess>& rules) {
  const std::vector<UniqueFd> old = TRY(kernel::DeviceFilters(directory));
  const UniqueFd filter = TRY(kernel::LoadDeviceFilter(DeviceProgram(rules), "agentbox_dev"));
  TRY(kernel::AttachDeviceFilter(directory, filter));
  for (const UniqueFd& program : old)
    TRY(kernel::DetachDeviceFilter(directory, program));
  return {};
}

}  // namespace agentbox::cgroups
