// Sets of names that config.json may use: what the readers accept and what `features` prints.
#pragma once

#include "json/reader.h"

namespace agentbox::spec {

constexpr json::Choice kNamespaces = {"a namespace",
                                      "cgroup, ipc, mount, network, pid, time, user, uts"};

constexpr json::Choice kMemoryPolicyModes = {
    "a memory policy",
    "MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED_MANY, "
    "MPOL_WEIGHTED_INTERLEAVE"};

constexpr json::Choice kMemoryPolicyFlags = {
    "a flag of memory policies",
    "MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, MPOL_F_STATIC_NODES"};

constexpr json::Choice kSeccompActions = {
    "a seccomp action",
    "SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, "
    "SCMP_ACT_LOG, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_TRAP"};

constexpr json::Choice kSeccompOperators = {
    "a seccomp operator",
    "SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_LE, SCMP_CMP_LT, SCMP_CMP_MASKED_EQ, "
    "SCMP_CMP_NE"};

constexpr json::Choice kSeccompArchitectures = {
    "a seccomp architecture",
    "SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_LOONGARCH64, SCMP_ARCH_M68K, SCMP_ARCH_MIPS, "
    "SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL, SCMP_ARCH_MIPSEL64, "
    "SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64, SCMP_ARCH_PPC, SCMP_ARCH_PPC64, "
    "SCMP_ARCH_PPC64LE, SCMP_ARCH_RISCV64, SCMP_ARCH_S390, SCMP_ARCH_S390X, SCMP_ARCH_SH, "
    "SCMP_ARCH_SHEB, SCMP_ARCH_X32, SCMP_ARCH_X86, SCMP_ARCH_X86_64"};

constexpr json::Choice kSeccompFlags = {
    "a seccomp flag",
    "SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_TSYNC, "
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};

}  // namespace agentbox::spec
