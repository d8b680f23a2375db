#include "cgroups/device_filter.h"

#include <array>

#include <boost/test/unit_test.hpp>

#include "plan/cgroup_resources.h"

namespace agentbox::cgroups {
namespace {

struct Access {
  std::uint32_t type = BPF_DEVCG_DEV_CHAR;
  std::uint32_t access = BPF_DEVCG_ACC_READ;
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
};

bool Jumps(const struct bpf_insn& instruction, std::uint64_t value) {
  const auto left = static_cast<std::uint32_t>(value);
  const auto right = static_cast<std::uint32_t>(instruction.imm);
  return BPF_OP(instruction.code) == BPF_JEQ ? left == right : left != right;
}

// Runs the program, of the instructions that device filters are made of.
bool IsAllowed(const std::vector<struct bpf_insn>& program, const Access& access) {
  std::array<std::uint64_t, 11> registers = {};
  for (std::size_t i = 0; i < program.size(); ++i) {
    const struct bpf_insn& one = program[i];
    std::uint64_t& to = registers.at(one.dst_reg);
    switch (BPF_CLASS(one.code)) {
      case BPF_LDX:
        to = one.off == 0 ? (access.access << 16U | access.type)
                          : (one.off == 4 ? access.major : access.minor);
        break;
      case BPF_ALU64:
        to = BPF_SRC(one.code) == BPF_X ? registers.at(one.src_reg)
                                        : static_cast<std::uint64_t>(one.imm);
        break;
      case BPF_ALU:
        to = BPF_OP(one.code) == BPF_AND
                 ? static_cast<std::uint32_t>(to) & static_cast<std::uint32_t>(one.imm)
                 : static_cast<std::uint32_t>(to) >> one.imm;
        break;
      case BPF_JMP32:
        if (Jumps(one, to)) i += static_cast<std::size_t>(one.off);
        break;
      default:
        return registers[0] == 1;
    }
  }
  BOOST_FAIL("the program runs off its end");
  return false;
}

std::vector<struct bpf_insn> ProgramOf(const std::vector<spec::DeviceRule>& rules) {
  return DeviceProgram(Unwrap(plan::PlanDeviceAccess(rules)));
}

BOOST_AUTO_TEST_SUITE(cgroups_device_filter)

BOOST_AUTO_TEST_CASE(default_devices_are_allowed_and_no_others) {
  const auto program = ProgramOf({});
  BOOST_TEST(IsAllowed(program, {.major = 1, .minor = 3}));
  BOOST_TEST(IsAllowed(program, {.access = 7, .major = 136, .minor = 12}));
  BOOST_TEST(!IsAllowed(program, {.major = 1, .minor = 1}));
  BOOST_TEST(!IsAllowed(program, {.type = BPF_DEVCG_DEV_BLOCK, .major = 1, .minor = 3}));
  BOOST_TEST(!IsAllowed(program, {.type = BPF_DEVCG_DEV_BLOCK, .major = 8, .minor = 0}));
}

BOOST_AUTO_TEST_CASE(any_node_may_be_made_and_not_opened) {
  const auto program = ProgramOf({});
  BOOST_TEST(IsAllowed(program, {.access = BPF_DEVCG_ACC_MKNOD, .major = 10, .minor = 1}));
  BOOST_TEST(
      !IsAllowed(program, {.access = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ, .major = 10}));
}

BOOST_AUTO_TEST_CASE(an_access_is_allowed_whole_or_not) {
  const auto program = ProgramOf({{.allow = true, .type = "b", .major = 8, .access = "r"}});
  BOOST_TEST(IsAllowed(program, {.type = BPF_DEVCG_DEV_BLOCK, .major = 8, .minor = 5}));
  BOOST_TEST(!IsAllowed(program,
                        {.type = BPF_DEVCG_DEV_BLOCK,
                         .access = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE,
                         .major = 8,
                         .minor = 5}));
}

BOOST_AUTO_TEST_CASE(a_part_that_is_denied_denies_the_access) {
  const auto program = ProgramOf(
      {{.allow = true, .access = "rwm"}, {.allow = false, .type = "b", .major = 8, .access = "w"}});
  BOOST_TEST(IsAllowed(program, {.type = BPF_DEVCG_DEV_BLOCK, .major = 8}));
  BOOST_TEST(!IsAllowed(program, {.type = BPF_DEVCG_DEV_BLOCK, .access = 6, .major = 8}));
  BOOST_TEST(IsAllowed(program, {.type = BPF_DEVCG_DEV_BLOCK, .access = 6, .major = 9}));
}

BOOST_AUTO_TEST_CASE(the_last_rule_that_matches_decides) {
  const auto program =
      ProgramOf({{.allow = false, .type = "c", .major = 10, .minor = 200, .access = "rwm"},
                 {.allow = true, .type = "c", .major = 10, .access = "rwm"}});
  BOOST_TEST(IsAllowed(program, {.major = 10, .minor = 200}));
}

BOOST_AUTO_TEST_CASE(large_majors_are_not_negative) {
  const auto program =
      ProgramOf({{.allow = true, .type = "c", .major = 0x80000001, .access = "r"}});
  BOOST_TEST(IsAllowed(program, {.major = 0x80000001, .minor = 1}));
  BOOST_TEST(!IsAllowed(program, {.major = 1, .minor = 1}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::cgroups
