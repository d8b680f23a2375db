#include "spec/default_config.h"

#include <vector>

#include "json/writer.h"
#include "spec/read_config.h"

namespace agentbox::spec {
namespace {

using Strings = std::vector<std::string>;

void WriteProcess(json::Writer& writer) {
  const Strings capabilities = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
  writer.BeginObject("process");
  writer.Member("terminal", true);
  writer.BeginObject("user");
  writer.Member("uid", 0);
  writer.Member("gid", 0);
  writer.End();
  writer.Member("args", Strings{"sh"});
  writer.Member(
      "env",
      Strings{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"});
  writer.Member("cwd", "/");
  writer.BeginObject("capabilities");
  writer.Member("bounding", capabilities);
  writer.Member("effective", capabilities);
  writer.Member("permitted", capabilities);
  writer.End();
  writer.BeginList("rlimits");
  writer.BeginObject();
  writer.Member("type", "RLIMIT_NOFILE");
  writer.Member("hard", 1024);
  writer.Member("soft", 1024);
  writer.End();
  writer.End();
  writer.Member("noNewPrivileges", true);
  writer.End();
}

struct DefaultMount {
  std::string destination;
  std::string type;
  std::string source;
  Strings options;
};

std::vector<DefaultMount> DefaultMounts(bool is_rootless) {
  Strings devpts = {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  // The group tty; a user alone has no group 5 to give.
  if (!is_rootless) devpts.emplace_back("gid=5");
  return {
      {"/proc", "proc", "proc", {}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {"/dev/pts", "devpts", "devpts", devpts},
      {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
      {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
      {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}},
  };
}

void WriteMounts(json::Writer& writer, bool is_rootless) {
  writer.BeginList("mounts");
  for (const DefaultMount& mount : DefaultMounts(is_rootless)) {
    writer.BeginObject();
    writer.Member("destination", mount.destination);
    writer.Member("type", mount.type);
    writer.Member("source", mount.source);
    if (!mount.options.empty()) writer.Member("options", mount.options);
    writer.End();
  }
  writer.End();
}

void WriteMapping(json::Writer& writer, std::string_view key, std::uint32_t host) {
  writer.BeginList(key);
  writer.BeginObject();
  writer.Member("containerID", 0);
  writer.Member("hostID", host);
  writer.Member("size", 1);
  writer.End();
  writer.End();
}

void WriteNamespaces(json::Writer& writer, const Strings& types) {
  writer.BeginList("namespaces");
  for (const std::string& type : types) {
    writer.BeginObject();
    writer.Member("type", type);
    writer.End();
  }
  writer.End();
}

void WriteDeviceRules(json::Writer& writer) {
  writer.BeginObject("resources");
  writer.BeginList("devices");
  writer.BeginObject();
  writer.Member("allow", false);
  writer.Member("access", "rwm");
  writer.End();
  writer.End();
  writer.End();
}

void WriteLinux(json::Writer& writer, const std::optional<RootlessIds>& rootless) {
  Strings namespaces = {"pid", "network", "ipc", "uts", "mount", "cgroup"};
  writer.BeginObject("linux");
  if (!rootless) {
    WriteDeviceRules(writer);
  } else {
    // Root of the host is mapped to nobody: without a mapping the runtime finds ids of its own.
    if (rootless->uid != 0) {
      WriteMapping(writer, "uidMappings", rootless->uid);
      WriteMapping(writer, "gidMappings", rootless->gid);
    }
    namespaces.emplace_back("user");
  }
  WriteNamespaces(writer, namespaces);
  writer.Member("maskedPaths",
                Strings{"/proc/acpi",
                        "/proc/asound",
                        "/proc/kcore",
                        "/proc/keys",
                        "/proc/latency_stats",
                        "/proc/timer_list",
                        "/proc/timer_stats",
                        "/proc/sched_debug",
                        "/sys/firmware",
                        "/proc/scsi"});
  writer.Member("readonlyPaths",
                Strings{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
  writer.End();
}

}  // namespace

std::string DefaultConfig(const std::optional<RootlessIds>& rootless) {
  json::Writer writer("\t");
  writer.BeginObject();
  writer.Member("ociVersion", kVersion);
  WriteProcess(writer);
  writer.BeginObject("root");
  writer.Member("path", "rootfs");
  writer.Member("readonly", true);
  writer.End();
  writer.Member("hostname", "agentbox");
  WriteMounts(writer, rootless.has_value());
  WriteLinux(writer, rootless);
  writer.End();
  return std::move(writer).Take();
}

}  // namespace agentbox::spec
