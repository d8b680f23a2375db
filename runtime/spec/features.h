// What `features` prints: runtime-spec's features.md and features-linux.md, and a block of ours.
#pragma once

#include <string>
#include <vector>

namespace agentbox::spec {

// How many system calls a profile treats in which way (DESIGN, section 6).
struct SyscallCounts {
  unsigned unlimited = 0;  // U: run by the host's kernel with any arguments
  unsigned limited = 0;    // C: run by the host's kernel with limited arguments
  unsigned served = 0;     // S: served by a supervisor
  unsigned denied = 0;     // D
};

struct ProfileFeatures {
  std::string name;
  std::string adds;   // what it is for
  std::string price;  // what becomes reachable with it
  SyscallCounts syscalls;
};

struct Features {
  std::string version;             // of agentbox
  bool has_sentry = false;         // calls under S are served; else an errno is the answer
  std::string libseccomp_version;  // "2.5.4"; empty: not told
  std::vector<std::string> mount_options;
  std::vector<std::string> supported_seccomp_flags;  // by this build and kernel
  bool has_systemd_driver = false;

  // Annotations of config.json that can make a sandbox less strict; one that ends in a dot stands
  // for all that begin so.
  std::vector<std::string> unsafe_annotations;

  std::vector<ProfileFeatures> profiles;  // the default one first
  std::vector<std::string> rootfs_modes;
  std::vector<std::string> scratch_kinds;
  std::vector<std::string> network_modes;
};

// Indented, without a newline at the end. Our block is the member "dev.agentbox", beside those of
// the specification, whose readers pass over keys that they do not know.
std::string FeaturesJson(const Features& features);

}  // namespace agentbox::spec
