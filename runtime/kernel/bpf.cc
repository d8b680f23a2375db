#include "kernel/bpf.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/strings.h"

namespace agentbox::kernel {
namespace {

constexpr std::size_t kMaxAttached = 64;  // BPF_CGROUP_MAX_PROGS

// glibc has no bpf(2).
int Bpf(int command, union bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

std::uint64_t Address(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

union bpf_attr LoadAttributes(const std::vector<struct bpf_insn>& program,
                              const std::string& name) {
  // Its helpers are none, so the licence is of no matter to the kernel.
  static constexpr const char* kLicence = "Apache-2.0";
  union bpf_attr attributes = {};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = Address(program.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
  attributes.license = Address(kLicence);
  const std::size_t length = std::min(name.size(), sizeof attributes.prog_name - 1);
  std::copy_n(name.begin(), length, &attributes.prog_name[0]);
  return attributes;
}

// Once more with a log: only to say why.
std::string VerifierLog(union bpf_attr attributes) {
  std::array<char, 65536> log;
  log.front() = '\0';
  attributes.log_level = 1;
  attributes.log_buf = Address(log.data());
  attributes.log_size = log.size();
  const UniqueFd ignored(Bpf(BPF_PROG_LOAD, attributes));
  return std::string(Trimmed(log.data()));
}

}  // namespace

Result<UniqueFd> LoadDeviceFilter(const std::vector<struct bpf_insn>& program,
                                  const std::string& name) {
  union bpf_attr attributes = LoadAttributes(program, name);
  UniqueFd loaded(Bpf(BPF_PROG_LOAD, attributes));
  if (loaded) return loaded;
  Error error = Error::FromErrno().Within("bpf(2) BPF_PROG_LOAD");
  if (error.Errno() != EINVAL && error.Errno() != EACCES) return Fail(std::move(error));
  return Fail(std::move(error).Within("verifier: " + Quoted(VerifierLog(attributes))));
}

Result<void> AttachDeviceFilter(int cgroup, const UniqueFd& program) {
  union bpf_attr attributes = {};
  attributes.target_fd = static_cast<std::uint32_t>(cgroup);
  attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.Get());
  attributes.attach_type = BPF_CGROUP_DEVICE;
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  if (Bpf(BPF_PROG_ATTACH, attributes) < 0) {
    return Fail(Error::FromErrno().Within("bpf(2) BPF_PROG_ATTACH"));
  }
  return {};
}

Result<void> DetachDeviceFilter(int cgroup, const UniqueFd& program) {
  union bpf_attr attributes = {};
  attributes.target_fd = static_cast<std::uint32_t>(cgroup);
  attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.Get());
  attributes.attach_type = BPF_CGROUP_DEVICE;
  if (Bpf(BPF_PROG_DETACH, attributes) < 0) {
    return Fail(Error::FromErrno().Within("bpf(2) BPF_PROG_DETACH"));
  }
  return {};
}

Result<std::vector<UniqueFd>> DeviceFilters(int cgroup) {
  std::array<std::uint32_t, kMaxAttached> ids = {};
  union bpf_attr query = {};
  query.query.target_fd = static_cast<std::uint32_t>(cgroup);
  query.query.attach_type = BPF_CGROUP_DEVICE;
  query.query.prog_ids = Address(ids.data());
  query.query.prog_cnt = ids.size();
  if (Bpf(BPF_PROG_QUERY, query) < 0) {
    return Fail(Error::FromErrno().Within("bpf(2) BPF_PROG_QUERY"));
  }
  std::vector<UniqueFd> programs;
  for (std::size_t i = 0; i < query.query.prog_cnt; ++i) {
    union bpf_attr open = {};
    open.prog_id = ids[i];
    UniqueFd program(Bpf(BPF_PROG_GET_FD_BY_ID, open));
    if (program) {
      programs.push_back(std::move(program));
    } else if (errno != ENOENT) {  // detached meanwhile
      return Fail(Error::FromErrno().Within("bpf(2) BPF_PROG_GET_FD_BY_ID"));
    }
  }
  return programs;
}

}  // namespace agentbox::kernel
