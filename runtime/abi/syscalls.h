// Numbers of system calls that are newer than the libseccomp we are built with; from 424 on they
// are the same on every architecture (include/uapi/asm-generic/unistd.h).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace agentbox::abi {

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 20> kNewSyscalls = {{
    {"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
    {"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
    {"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
    {"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
    {"file_setattr", 469},      {"listns", 470},
}};

// x32 on x86-64: the same instruction and architecture, another table (__X32_SYSCALL_BIT). No
// architecture has native numbers from here on.
constexpr std::uint32_t kForeignNumbers = 0x40000000;

}  // namespace agentbox::abi
