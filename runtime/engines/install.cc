#include "engines/install.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <set>
#include <utility>

#include "base/printable.h"
#include "base/strings.h"
#include "engines/id_tables.h"
#include "kernel/path.h"

namespace agentbox::engines {
namespace {

const std::string kSubuid = "/etc/subuid";
const std::string kSubgid = "/etc/subgid";
constexpr std::string_view kProgramDirectories =
    "/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin";

// What a file was before ours was added to it.
struct Backup {
  std::string path;
  std::string text;
};

// Of those that an uninstall has left, each has a number of its own.
std::string BackupOf(const std::string& path, unsigned number) {
  return path + ".before-agentbox" + (number == 1 ? "" : "." + std::to_string(number));
}

// The one that was made last; nothing if there is none.
Result<std::optional<Backup>> LastBackup(const Files& files, const std::string& path) {
  std::optional<Backup> last;
  for (unsigned number = 1;; ++number) {
    const std::string name = BackupOf(path, number);
    auto text = TRY(files.Read(name));
    if (!text) return last;
    last = Backup{.path = name, .text = *std::move(text)};
  }
}

// Where `text` of the file goes to: not over what is the only copy of something else.
Result<std::string> PlaceForBackup(const Files& files,
                                   const std::string& path,
                                   const std::string& text) {
  const auto last = TRY(LastBackup(files, path));
  if (last && last->text == text) return last->path;
  unsigned number = 1;
  while (files.Exists(BackupOf(path, number)))
    ++number;
  return BackupOf(path, number);
}

// Also one that has a configuration but whose program is elsewhere.
bool IsInstalled(const Files& files, const Engine& engine) {
  for (const std::string_view program : Split(engine.programs, ' ')) {
    for (const std::string_view directory : Split(kProgramDirectories, ' ')) {
      if (files.Exists(std::string(directory) + "/" + std::string(program))) return true;
    }
  }
  return files.Exists(std::string(engine.file));
}

// The engines that are named; where none is, those for which `is_meant` holds.
template <typename Predicate>
Result<std::vector<const Engine*>> ChosenEngines(const Request& request, Predicate is_meant) {
  std::vector<const Engine*> chosen;
  for (const std::string& name : request.engines) {
    const Engine* const engine = FindEngine(name);
    if (engine == nullptr) {
      return Fail(
          Error(ErrorKind::kUsage,
                Quoted(name) + " is no engine that is known: docker, podman, containerd, cri-o"));
    }
    chosen.push_back(engine);
  }
  if (!chosen.empty()) return chosen;
  for (const Engine& engine : Engines()) {
    if (is_meant(engine)) chosen.push_back(&engine);
  }
  return chosen;
}

// The files that a file of containerd's, at `path`, imports.
Result<std::vector<std::string>> ImportsOf(const Files& files,
                                           const std::string& path,
                                           std::string_view text) {
  std::vector<std::string> imports;
  for (std::string& pattern : TRY_WITHIN(ContainerdImports(text), path)) {
    if (!pattern.starts_with('/')) pattern = path.substr(0, path.rfind('/') + 1) + pattern;
    std::ranges::move(files.Match(pattern), std::back_inserter(imports));
  }
  return imports;
}

// containerd's config.toml and what it imports, in the order in which it reads them.
Result<std::vector<std::string>> ContainerdFiles(const Files& files, const std::string& main) {
  std::vector<std::string> read;
  std::set<std::string> known = {main};
  std::deque<std::string> pending = {main};
  while (!pending.empty()) {
    const std::string path = std::move(pending.front());
    pending.pop_front();
    const auto text = TRY(files.Read(path));
    if (!text) continue;
    read.push_back(path);
    for (std::string& import : TRY(ImportsOf(files, path, *text))) {
      if (known.insert(import).second) pending.push_back(std::move(import));
    }
  }
  return read;
}

// The file of `engine` to add the runtime to.
Result<std::string> FileToAddTo(const Files& files, const Engine& engine) {
  std::string chosen(engine.file);
  if (engine.name != "containerd") return chosen;
  const std::string main = TRY(files.Read(chosen)).value_or("");
  for (const std::string& path : TRY(ContainerdFiles(files, chosen))) {
    const std::string text = TRY(files.Read(path)).value_or("");
    if (HasContainerdRuntimes(text, main)) chosen = path;
  }
  return chosen;
}

Result<std::vector<std::string>> FilesToRemoveFrom(const Files& files, const Engine& engine) {
  const std::string file(engine.file);
  if (engine.name == "containerd") return ContainerdFiles(files, file);
  return std::vector<std::string>{file};
}

Result<FileChange> PlanAdding(const Files& files,
                              const Engine& engine,
                              const std::string& program) {
  FileChange change = {.engine = &engine};
  change.path = TRY(FileToAddTo(files, engine));
  change.before = TRY(files.Read(change.path));
  const std::string text = change.before.value_or("");
  change.after = TRY_WITHIN(engine.add(text, program), change.path);
  // Whatever the text was: nothing is written that can not be read, and does not have the runtime.
  const auto again = engine.add(*change.after, program);
  if (!again || *again != *change.after) {
    return Fail(Error(ErrorKind::kInternal, change.path + ": the runtime can not be added to it"));
  }
  // What was there before the first time is kept, and not what an earlier version of ours made.
  const auto without = engine.remove(text);
  const bool is_first = without && *without == text;
  if (change.before && change.after != change.before && is_first) {
    change.backup = TRY(PlaceForBackup(files, change.path, text));
  }
  return change;
}

// What decides what becomes of a file when our part of it goes.
struct Remains {
  std::optional<Backup> backup;
  bool is_as_we_left_it = false;    // the file is the backup and our part, nothing else
  std::string rest;                 // the file without our part
  std::optional<std::string> ours;  // what is left of a file that we alone have made, which goes
};

// Adds the change, and tells of a backup that is not needed for it.
void PlanRemoval(Plan& plan,
                 const Engine* engine,
                 const std::string& path,
                 std::string before,
                 Remains remains) {
  FileChange change = {.path = path, .before = std::move(before), .engine = engine};
  const bool is_there = remains.rest != change.before;
  const auto& backup = remains.backup;
  if (backup && is_there && (remains.is_as_we_left_it || remains.rest == backup->text)) {
    change.after = backup->text;
    change.restored_from = backup->path;
  } else if (is_there && !backup && remains.rest == remains.ours) {
    change.after = std::nullopt;
  } else {
    change.after = std::move(remains.rest);
    if (is_there && backup) {
      plan.notes.push_back(backup->path + " stays: the file was changed since");
    }
  }
  plan.changes.push_back(std::move(change));
}

Result<void> PlanRemovalFrom(Plan& plan, const Engine& engine, const std::string& path) {
  auto there = TRY(plan.files.Read(path));
  if (!there) return {};
  std::string before = *std::move(there);
  Remains remains;
  remains.backup = TRY(LastBackup(plan.files, path));
  remains.rest = TRY_WITHIN(engine.remove(before), path);
  // Whichever program is registered: adding puts another one in its place.
  const std::string program = "/agentbox";
  const std::string made = TRY(engine.add("", program));
  remains.ours = TRY(engine.remove(made));
  const auto with = engine.add(before, program);
  const auto again = engine.add(remains.backup.value_or(Backup()).text, program);
  remains.is_as_we_left_it = with && again && *with == *again;
  PlanRemoval(plan, &engine, path, std::move(before), std::move(remains));
  return {};
}

Result<IdTables> ReadIdTables(const Files& files) {
  IdTables tables;
  tables.subuid = TRY(files.Read(kSubuid)).value_or("");
  tables.subgid = TRY(files.Read(kSubgid)).value_or("");
  return tables;
}

Result<void> PlanAddingIds(Plan& plan) {
  const IdTables before = TRY(ReadIdTables(plan.files));
  const IdTables after = TRY(AddIdRange(before));
  const auto add =
      [&plan](const std::string& path, const std::string& was, std::string is) -> Result<void> {
    FileChange change = {.path = path, .after = std::move(is)};
    if (plan.files.Exists(path)) change.before = was;
    if (change.before && change.after != change.before)
      change.backup = TRY(PlaceForBackup(plan.files, path, was));
    plan.changes.push_back(std::move(change));
    return {};
  };
  TRY(add(kSubuid, before.subuid, after.subuid));
  return add(kSubgid, before.subgid, after.subgid);
}

// These files are the system's: an empty one stays, and so does a line that is not ours.
Result<void> PlanRemovingIds(Plan& plan) {
  const IdTables before = TRY(ReadIdTables(plan.files));
  const auto uids = TRY(LastBackup(plan.files, kSubuid));
  const auto gids = TRY(LastBackup(plan.files, kSubgid));
  const auto again = AddIdRange({uids.value_or(Backup()).text, gids.value_or(Backup()).text});
  const bool is_as_we_left_it = again && *again == before;
  const bool is_ours = uids || gids || HasAddedIdRange(before);
  const auto remove = [&](const std::string& path, const auto& backup, const std::string& was) {
    Remains remains = {
        .backup = backup, .is_as_we_left_it = is_as_we_left_it, .rest = RemoveIdRange(was)};
    if (!is_ours && remains.rest != was) {
      plan.notes.push_back(path + ": the line of agentbox stays: install has not added it");
      remains.rest = was;
    }
    PlanRemoval(plan, nullptr, path, was, std::move(remains));
  };
  remove(kSubuid, uids, before.subuid);
  remove(kSubgid, gids, before.subgid);
  return {};
}

Result<std::string> ProgramOf(const Request& request) {
  if (request.program.empty()) return kernel::RealPath("/proc/self/exe");
  if (request.program.starts_with('/')) return request.program;
  return Fail(
      Error(ErrorKind::kUsage, "--program: " + Quoted(request.program) + " is no absolute path"));
}

// The program is run as root by the engines: nobody else may be able to put another in its place.
Result<void> CheckProgram(Plan& plan, const std::string& program) {
  if (!plan.files.Exists(program)) {
    return Fail(Error(ErrorKind::kNotFound,
                      Quoted(program) + " is not there: --program names the one to register"));
  }
  const std::string who = TRY(plan.files.WhoElseCanChange(program));
  if (!who.empty()) {
    plan.notes.push_back("warning: the engines will run " + program +
                         " as root, and others than root can change it: " + who);
  }
  return {};
}

Result<Plan> BeginPlan(const Request& request) {
  Files files = TRY(Files::Open(request.sysroot));
  UniqueFd lock;
  if (!request.is_trial) {
    auto locked = files.LockTables();
    if (!locked && locked.error().Errno() == EACCES) {
      return Fail(Error(ErrorKind::kRefused, "it changes files of root's in /etc: run it as root"));
    }
    lock = TRY(std::move(locked));
  }
  return Plan{.files = std::move(files), .lock = std::move(lock)};
}

Result<void> NoteDisabledCri(Plan& plan, const Engine& engine) {
  if (engine.name != "containerd") return {};
  const auto main = TRY(plan.files.Read(std::string(engine.file)));
  if (main && IsCriDisabled(*main)) {
    plan.notes.push_back("containerd: disabled_plugins of " + std::string(engine.file) +
                         " has the CRI plugin, by which Kubernetes reaches the runtime");
  }
  return {};
}

using Lines = std::vector<std::string_view>;

Lines LinesOf(const std::optional<std::string>& text) {
  if (!text || text->empty()) return {};
  Lines lines = Split(*text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

// A line for a terminal: tabs stay, and the CR of a DOS line's end is of no interest.
std::string Shown(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::vector<std::string> parts;
  for (const std::string_view part : Split(line, '\t'))
    parts.push_back(Printable(part));
  return Join(parts, "\t");
}

std::string Marked(std::string_view mark, const Lines& lines, std::size_t first, std::size_t end) {
  std::string text;
  for (std::size_t i = first; i < end; ++i)
    text += std::string(mark) + Shown(lines[i]) + "\n";
  return text;
}

// The lines from the first that differs to the last, as `diff` marks them.
std::string Difference(const Lines& before, const Lines& after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t head = 0;
  while (head < shorter && before[head] == after[head])
    ++head;
  std::size_t tail = 0;
  while (tail < shorter - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  return Marked("  - ", before, head, before.size() - tail) +
         Marked("  + ", after, head, after.size() - tail);
}

std::string Verb(const FileChange& change) {
  if (!change.after) return "removed";
  if (!change.restored_from.empty()) return "restored";
  return change.before ? "changed" : "made";
}

}  // namespace

Result<Plan> PlanInstall(const Request& request) {
  const std::string program = TRY(ProgramOf(request));
  Plan plan = TRY(BeginPlan(request));
  TRY(CheckProgram(plan, program));
  TRY(PlanAddingIds(plan));
  const auto engines = TRY(ChosenEngines(
      request, [&plan](const Engine& engine) { return IsInstalled(plan.files, engine); }));
  for (const Engine* engine : engines) {
    plan.changes.push_back(TRY(PlanAdding(plan.files, *engine, program)));
    TRY(NoteDisabledCri(plan, *engine));
  }
  if (engines.empty()) {
    plan.notes.emplace_back("no engine is installed: looked for docker, podman, containerd, cri-o");
  }
  return plan;
}

Result<Plan> PlanUninstall(const Request& request) {
  Plan plan = TRY(BeginPlan(request));
  const auto engines = TRY(ChosenEngines(request, [](const Engine&) { return true; }));
  for (const Engine* engine : engines) {
    for (const std::string& path : TRY(FilesToRemoveFrom(plan.files, *engine)))
      TRY(PlanRemovalFrom(plan, *engine, path));
  }
  if (request.engines.empty()) TRY(PlanRemovingIds(plan));
  return plan;
}

Result<void> Apply(const Plan& plan, const FileChange& change) {
  if (change.after == change.before) return {};
  if (!change.backup.empty()) TRY(plan.files.Copy(change.path, change.backup));
  if (!change.after) return plan.files.Remove(change.path);
  TRY(plan.files.Write(change.path, *change.after));
  return change.restored_from.empty() ? Result<void>() : plan.files.Remove(change.restored_from);
}

std::string Describe(const FileChange& change, bool is_trial) {
  if (change.after == change.before) return change.path + ": nothing to change\n";
  std::string text = change.path + (is_trial ? ": would be " : ": ") + Verb(change);
  if (!change.backup.empty()) text += "; as it was: " + change.backup;
  return text + "\n" + Difference(LinesOf(change.before), LinesOf(change.after));
}

}  // namespace agentbox::engines
