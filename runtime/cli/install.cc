#include "engines/install.h"

#include <array>

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

constexpr Option kDryRun = {"dry-run", 0, "", "print what would be changed, and change nothing"};
constexpr Option kSysroot = {
    "sysroot", 0, "DIR", "change the system below DIR, an image of one, in place of this"};

constexpr std::array kInstallOptions = {
    kDryRun,
    Option{"program", 0, "FILE", "the program that engines are to run (default: this one)"},
    kSysroot,
};
constexpr std::array kUninstallOptions = {kDryRun, kSysroot};

engines::Request RequestOf(const Arguments& arguments) {
  return {.sysroot = arguments.ValueOr("sysroot", "/"),
          .program = arguments.ValueOr("program", ""),
          .engines = arguments.Words(),
          .is_trial = arguments.Has("dry-run")};
}

// File after file: where one fails, what was done before is said.
Result<void> Carry(const engines::Plan& plan, bool is_trial) {
  for (const engines::FileChange& change : plan.changes) {
    if (!is_trial) TRY(engines::Apply(plan, change));
    TRY(Print(engines::Describe(change, is_trial)));
  }
  for (const std::string& note : plan.notes)
    TRY(Print(note + "\n"));
  return {};
}

// The engines whose files are changed, in order.
std::vector<const engines::Engine*> Affected(const engines::Plan& plan) {
  std::vector<const engines::Engine*> affected;
  for (const engines::FileChange& change : plan.changes) {
    if (change.engine != nullptr && change.after != change.before)
      affected.push_back(change.engine);
  }
  return affected;
}

Result<int> RunInstall(const Invocation& invocation) {
  const engines::Request request = RequestOf(invocation.arguments);
  const engines::Plan plan = TRY(engines::PlanInstall(request));
  TRY(Carry(plan, request.is_trial));
  for (const engines::Engine* engine : Affected(plan)) {
    std::string line = std::string(engine->name) + ": ";
    if (!engine->reload.empty()) line += std::string(engine->reload) + "; then ";
    TRY(Print(line + std::string(engine->usage) + "\n"));
  }
  return 0;
}

Result<int> RunUninstall(const Invocation& invocation) {
  const engines::Request request = RequestOf(invocation.arguments);
  const engines::Plan plan = TRY(engines::PlanUninstall(request));
  TRY(Carry(plan, request.is_trial));
  for (const engines::Engine* engine : Affected(plan)) {
    if (engine->reload.empty()) continue;
    TRY(Print(std::string(engine->name) + ": " + std::string(engine->reload) + "\n"));
  }
  return 0;
}

}  // namespace

constexpr Command kInstall = {
    .name = "install",
    .words = "[docker|podman|containerd|cri-o...]",
    .summary = "register this runtime with the engines that are installed",
    .example = "agentbox install --dry-run",
    .options = kInstallOptions,
    .run = RunInstall,
};

constexpr Command kUninstall = {
    .name = "uninstall",
    .words = "[docker|podman|containerd|cri-o...]",
    .summary = "take back what install has changed",
    .example = "agentbox uninstall docker",
    .options = kUninstallOptions,
    .run = RunUninstall,
};

}  // namespace agentbox::cli
