#include "spec/features.h"

#include "abi/capabilities.h"
#include "base/strings.h"
#include "json/writer.h"
#include "spec/names.h"
#include "spec/read_config.h"

namespace agentbox::spec {
namespace {

using Strings = std::vector<std::string>;

Strings Names(const json::Choice& choice) {
  Strings names;
  for (const std::string_view name : Split(choice.names, ','))
    names.emplace_back(Trimmed(name));
  return names;
}

void WriteEnabled(json::Writer& writer, std::string_view key) {
  writer.BeginObject(key);
  writer.Member("enabled", true);
  writer.End();
}

void WriteCgroup(json::Writer& writer, const Features& features) {
  writer.BeginObject("cgroup");
  writer.Member("v1", true);
  writer.Member("v2", true);
  writer.Member("systemd", features.has_systemd_driver);
  writer.Member("systemdUser", features.has_systemd_driver);
  writer.Member("rdma", true);
  writer.End();
}

void WriteSeccomp(json::Writer& writer, const Features& features) {
  writer.BeginObject("seccomp");
  writer.Member("enabled", true);
  writer.Member("actions", Names(kSeccompActions));
  writer.Member("operators", Names(kSeccompOperators));
  writer.Member("archs", Names(kSeccompArchitectures));
  writer.Member("knownFlags", Names(kSeccompFlags));
  writer.Member("supportedFlags", features.supported_seccomp_flags);
  writer.End();
}

void WriteLinux(json::Writer& writer, const Features& features) {
  writer.BeginObject("linux");
  writer.Member("namespaces", Names(kNamespaces));
  writer.Member("capabilities",
                Strings(abi::kCapabilityNames.begin(), abi::kCapabilityNames.end()));
  WriteCgroup(writer, features);
  WriteSeccomp(writer, features);
  WriteEnabled(writer, "apparmor");
  WriteEnabled(writer, "selinux");
  // Its keys are read, and refused on hosts without it; groups in resctrl are not made.
  writer.BeginObject("intelRdt");
  writer.Member("enabled", true);
  writer.Member("schemata", true);
  writer.Member("monitoring", true);
  writer.End();
  writer.BeginObject("memoryPolicy");
  writer.Member("modes", Names(kMemoryPolicyModes));
  writer.Member("flags", Names(kMemoryPolicyFlags));
  writer.End();
  writer.BeginObject("mountExtensions");
  WriteEnabled(writer, "idmap");
  writer.End();
  WriteEnabled(writer, "netDevices");
  writer.End();
}

void WriteProfile(json::Writer& writer, const ProfileFeatures& profile) {
  writer.BeginObject();
  writer.Member("name", profile.name);
  writer.Member("adds", profile.adds);
  writer.Member("price", profile.price);
  writer.BeginObject("syscalls");
  writer.Member("U", profile.syscalls.unlimited);
  writer.Member("C", profile.syscalls.limited);
  writer.Member("S", profile.syscalls.served);
  writer.Member("D", profile.syscalls.denied);
  writer.End();
  writer.End();
}

void WriteExtension(json::Writer& writer, const Features& features) {
  writer.BeginObject("dev.agentbox");
  writer.BeginList("profiles");
  for (const ProfileFeatures& profile : features.profiles)
    WriteProfile(writer, profile);
  writer.End();
  // Until there is one, the calls counted under S are answered with errnos.
  writer.Member("sentry", features.has_sentry);
  writer.Member("rootfs", features.rootfs_modes);
  writer.Member("scratch", features.scratch_kinds);
  writer.Member("network", features.network_modes);
  writer.Member("userNamespace", "always");
  // What no configuration of a runtime like this one can promise.
  writer.Member("limits",
                "not a virtual machine and not an application kernel: a bug in the part of the "
                "host's kernel that U and C reach stays reachable");
  writer.End();
}

}  // namespace

std::string FeaturesJson(const Features& features) {
  json::Writer writer("    ");
  writer.BeginObject();
  writer.Member("ociVersionMin", kOldestVersion);
  writer.Member("ociVersionMax", kVersion);
  writer.Member("hooks",
                Strings{"prestart",
                        "createRuntime",
                        "createContainer",
                        "startContainer",
                        "poststart",
                        "poststop"});
  writer.Member("mountOptions", features.mount_options);
  WriteLinux(writer, features);
  writer.BeginObject("annotations");
  writer.Member("dev.agentbox.version", features.version);
  if (!features.libseccomp_version.empty()) {
    writer.Member("io.github.seccomp.libseccomp.version", features.libseccomp_version);
  }
  writer.End();
  writer.Member("potentiallyUnsafeConfigAnnotations", features.unsafe_annotations);
  WriteExtension(writer, features);
  writer.End();
  return std::move(writer).Take();
}

}  // namespace agentbox::spec
