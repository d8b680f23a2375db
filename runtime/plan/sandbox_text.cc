#include "base/printable.h"
#include "base/strings.h"
#include "plan/mount_modes.h"
#include "plan/sandbox_plan.h"

namespace agentbox::plan {
namespace {

// A heading, and the lines of `text` indented below it; nothing for an empty text.
std::string Section(const std::string& heading, const std::string& text) {
  if (text.empty()) return {};
  std::string section = heading + "\n";
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) section += "  " + std::string(line) + "\n";
  }
  return section;
}

template <typename Step>
std::string Lines(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps)
    text += Printable(ToString(step)) + "  [" + Printable(step.origin) + "]\n";
  return text;
}

std::string Lines(const std::string& what, const std::vector<MaskedPath>& paths) {
  std::string text;
  for (const MaskedPath& path : paths)
    text += what + " " + Printable(path.path) + "  [" + path.origin + "]\n";
  return text;
}

std::string Lines(const std::vector<DeniedPath>& denied) {
  std::string text;
  for (const DeniedPath& path : denied) {
    text += std::string(path.is_covered ? "covered " : "not there ") + Printable(PathOf(path)) +
            "  [" + Printable(path.origin) + "]\n";
  }
  return text;
}

std::string ToString(const SymlinkStep& link) {
  return link.path + " -> " + link.target + "\n";
}

std::string DevicesText(const DevicesPlan& plan) {
  std::string text = Lines(plan.nodes);
  for (const SymlinkStep& link : plan.links)
    text += ToString(link);
  if (plan.left_out.empty()) return text;
  return text + "left out, since all were given and devices.allow does not name them: " +
         Printable(Join(plan.left_out, " ")) + "\n";
}

std::string KernelText(const SandboxPlan& plan) {
  std::string text;
  if (!plan.hostname.empty()) text += "hostname " + Printable(plan.hostname) + "  [hostname]\n";
  if (!plan.domainname.empty())
    text += "domainname " + Printable(plan.domainname) + "  [domainname]\n";
  for (const SysctlStep& step : plan.sysctl) {
    text += step.path + " = " + step.value + "  [" + step.origin + "]\n";
  }
  text += "user/max_net_namespaces = " + std::to_string(plan.max_net_namespaces) + "  [policy]\n";
  if (plan.max_user_namespaces != 0) {
    text +=
        "user/max_user_namespaces = " + std::to_string(plan.max_user_namespaces) + "  [policy]\n";
  }
  if (!plan.no_user_namespaces_for.empty()) {
    text += "user/max_user_namespaces = 0  [" + Printable(plan.no_user_namespaces_for) +
            " is covered, and could be moved]\n";
  }
  return text;
}

std::string NetDevicesText(const std::vector<NetDeviceStep>& steps) {
  std::string text;
  for (const NetDeviceStep& step : steps) {
    text += Printable(step.host_name + " becomes " + step.name + "  [" + step.origin + "]") + "\n";
  }
  return text;
}

// The program and its arguments. What it is to call itself comes first among those: shown where it
// is not its name, as with programs that are several in one (Docker's).
std::string CommandText(const HookStep& hook) {
  std::string text = hook.path;
  if (!hook.args.empty() && !hook.path.ends_with(hook.args.front())) {
    text += " (as " + hook.args.front() + ")";
  }
  for (std::size_t i = 1; i < hook.args.size(); ++i)
    text += " " + hook.args[i];
  return text;
}

std::string HooksText(const HooksPlan& plan) {
  std::string text;
  for (const auto* hooks : {&plan.prestart,
                            &plan.create_runtime,
                            &plan.create_container,
                            &plan.start_container,
                            &plan.poststart,
                            &plan.poststop}) {
    for (const HookStep& hook : *hooks)
      text += Printable(CommandText(hook)) + "  [" + hook.origin + "]\n";
  }
  return text;
}

std::string SeccompText(const SeccompPlan& plan) {
  std::string text;
  if (!plan.engine_profile.empty()) {
    text += Printable(plan.engine_profile) + "  [linux.seccomp]\n";
  }
  for (const SeccompFilter& filter : plan.filters)
    text += ToString(filter) + "\n";
  return text;
}

std::string ToString(const ReviewPlan& review) {
  std::string text = Printable(review.name + " in " + review.base);
  if (review.size_limit == 0) return text;
  const bool has_quota = review.place == LayerPlace::kQuota;
  return text + ", " + SizeText(review.size_limit) + " at most by " +
         (has_quota ? "a project quota" : "an image") + "  [" + review.limit_origin + "]";
}

}  // namespace

std::string ToString(const SandboxPlan& plan) {
  std::string text = "sandbox " + plan.id + " of " + Printable(plan.bundle) + "\n";
  text += Section("root file system", ToString(plan.rootfs) + "\n" + ToString(plan.scratch));
  text += Section("ids", ToString(plan.ids));
  text += Section("namespaces", ToString(plan.namespaces));
  text += Section("cgroup", ToString(plan.cgroup));
  if (plan.resctrl) text += Section("caches and memory bandwidth", ToString(*plan.resctrl));
  text += Section("mounts", Lines(plan.mounts));
  if (CountKept(plan.mounts) != 0) {
    text += Section("review", ToString(plan.review) + "\n");
  }
  text += Section("devices", DevicesText(plan.devices));
  text += Section(
      "paths",
      Lines("masked", plan.masked_paths.masked) + Lines("read-only", plan.masked_paths.read_only));
  std::string denied = Lines(plan.masked_paths.denied);
  for (const std::string& path : HeldPaths(plan.mounts))
    denied += "held " + Printable(path) + "\n";
  text += Section("denied files", denied);
  text += Section("kernel", KernelText(plan));
  text += Section("network interfaces", NetDevicesText(plan.net_devices));
  text += Section("process", ToString(plan.process));
  text += Section("system calls", SeccompText(plan.seccomp));
  text += Section("hooks", HooksText(plan.hooks));
  std::string warnings;
  for (const std::string& warning : plan.warnings)
    warnings += Printable(warning) + "\n";
  text += Section("warnings", warnings);
  return text;
}

}  // namespace agentbox::plan
