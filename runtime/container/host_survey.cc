#include "container/host_survey.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "container/idmap_probe.h"
#include "container/tree_walk.h"
#include "kernel/file.h"
#include "kernel/mount_table.h"
#include "kernel/path.h"

namespace agentbox::container {
namespace {

// Of a hidden directory, in which symlinks are looked for: a profile of a browser may be large.
constexpr std::size_t kMostHidden = 5'000;
constexpr unsigned kHiddenLevels = 3;

// The paths that match `pattern`; itself where it has no wildcard, there or not.
std::vector<std::string> Expand(const std::string& pattern) {
  glob_t found = {};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_NOMAGIC | GLOB_NOSORT, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i)
      paths.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return paths;
}

// "~/x" in every home; any other path itself.
std::vector<std::string> InHomes(const std::string& path, const std::vector<std::string>& homes) {
  if (!path.starts_with("~/")) return {path};
  std::vector<std::string> paths;
  for (const std::string& home : homes)
    paths.push_back(home + path.substr(1));
  return paths;
}

// Adds the place that `path` names, and where that is a symlink, also what it leads to. A name that
// is not there yet is added too where its directory is: a secret may come while the sandbox runs.
void AddPlaces(const std::string& path, std::vector<std::string>& places) {
  const auto slash = path.find_last_not_of('/');
  const std::string trimmed = path.substr(0, slash == std::string::npos ? 0 : slash + 1);
  const auto name = trimmed.rfind('/');
  if (name == std::string::npos) return;
  const auto directory = kernel::RealPath(name == 0 ? "/" : trimmed.substr(0, name));
  if (!directory) return;
  places.push_back((*directory == "/" ? "" : *directory) + trimmed.substr(name));
  if (const auto target = kernel::RealPath(trimmed)) places.push_back(*target);
}

std::vector<std::string> Places(const std::vector<std::string>& patterns,
                                const std::vector<std::string>& homes) {
  std::vector<std::string> places;
  for (const std::string& pattern : patterns) {
    for (const std::string& here : InHomes(pattern, homes)) {
      for (const std::string& path : Expand(here))
        AddPlaces(path, places);
    }
  }
  std::ranges::sort(places);
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

// Without following a symlink, and without waking an automounter or a server that is gone.
std::optional<mode_t> ModeOf(const std::string& path) {
  const auto file = kernel::Open(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
  if (!file) return std::nullopt;
  const auto status = kernel::Stat(file->Get());
  if (!status) return std::nullopt;
  return status->st_mode;
}

// Those that are there.
std::vector<std::string> Canonical(const std::vector<std::string>& paths) {
  std::vector<std::string> canonical;
  for (const std::string& path : paths) {
    if (auto real = kernel::RealPath(path)) canonical.push_back(*std::move(real));
  }
  return canonical;
}

// Is a home, or has one in it; or is in none.
bool IsBesideHomes(const std::string& path, const std::vector<std::string>& homes) {
  const bool has_home = std::ranges::any_of(
      homes, [&path](const std::string& home) { return plan::IsAtOrBelow(home, path); });
  return has_home || std::ranges::none_of(homes, [&path](const std::string& home) {
           return plan::IsAtOrBelow(path, home);
         });
}

// The symlinks near the top of the directory `path`; none where it can not be read, is none, or is
// a mount point, whose server may be gone.
std::vector<std::string> SymlinksIn(const std::string& path) {
  std::vector<std::string> symlinks;
  const auto slash = path.rfind('/');
  const auto parent = kernel::Open(AT_FDCWD, path.substr(0, slash), O_PATH | O_DIRECTORY);
  if (!parent) return symlinks;
  const auto directory =
      kernel::OpenOnMount(parent->Get(), path.substr(slash + 1), O_RDONLY | O_DIRECTORY);
  if (!directory) return symlinks;
  const auto visit = [&](const WalkedEntry& entry) -> Result<bool> {
    if (entry.type == DT_LNK) symlinks.push_back(path + "/" + entry.path);
    return true;
  };
  TreeWalk walk(kMostHidden, kHiddenLevels - 1);
  // One that fails amid the walk has shown what it could.
  if (const auto walked = walk.Walk(*directory, "", visit); !walked) return symlinks;
  return symlinks;
}

// Adds what symlinks in hidden directories of homes lead to in homes: keys that are kept in a
// repository.
void AddTargets(const std::vector<std::string>& homes, std::vector<std::string>& hidden) {
  const std::vector<std::string> named = hidden;
  for (const std::string& place : named) {
    if (IsBesideHomes(place, homes)) continue;
    for (const std::string& symlink : SymlinksIn(place)) {
      const auto target = kernel::RealPath(symlink);
      if (!target || IsBesideHomes(*target, homes)) continue;
      const auto mode = ModeOf(*target);
      if (mode && (S_ISREG(*mode) || S_ISDIR(*mode))) hidden.push_back(*target);
    }
  }
}

// Without what is below another of the list, which is sorted.
std::vector<std::string> Outermost(const std::vector<std::string>& places) {
  std::vector<std::string> outermost;
  for (const std::string& place : places) {
    bool is_inner = place == "/";
    for (auto slash = place.rfind('/'); slash != 0 && !is_inner;
         slash = place.rfind('/', slash - 1)) {
      is_inner = std::ranges::binary_search(places, place.substr(0, slash));
    }
    if (!is_inner) outermost.push_back(place);
  }
  return outermost;
}

Result<std::vector<HostMount>> SurveyMounts(const std::vector<kernel::MountEntry>& table,
                                            const plan::HostFacts& facts,
                                            const std::string& cwd) {
  std::optional<IdmapProbe> probe;
  if (facts.in_initial_user_namespace) probe = TRY(IdmapProbe::Make());
  std::vector<HostMount> mounts;
  for (const kernel::MountEntry& entry : table) {
    HostMount mount = {.target = entry.target, .type = entry.type};
    if (IsOfInterest(mount, cwd)) {
      const auto mode = ModeOf(mount.target);
      mount.is_directory = mode && S_ISDIR(*mode);
      // An overlay's layers are taken instead of it.
      mount.can_be_lower = mount.type == "overlay" || !probe || probe->Try(mount.target);
    }
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

// Those of `paths` that are directories of the user's, the outer ones first.
std::vector<std::string> OwnDirectories(const std::vector<std::string>& paths, std::uint32_t uid) {
  std::vector<std::string> own;
  for (const std::string& path : paths) {
    const auto canonical = kernel::RealPath(path);
    if (!canonical || *canonical == "/") continue;
    const auto directory = kernel::Open(AT_FDCWD, *canonical, O_PATH | O_DIRECTORY);
    if (!directory) continue;
    const auto status = kernel::Stat(directory->Get());
    if (status && status->st_uid == uid) own.push_back(*canonical);
  }
  std::ranges::sort(own);
  own.erase(std::unique(own.begin(), own.end()), own.end());
  return own;
}

// The working directory and what of the mounts below it is shown; the homes for rules about them.
Result<void> SurveyDenied(const SurveyRequest& request,
                          const std::vector<kernel::MountEntry>& table,
                          const std::vector<std::string>& homes,
                          HostSurvey& survey) {
  DenySearch search = {.policy = request.policy,
                       .mounts = table,
                       .homes = homes,
                       .workspaces = {},
                       .submounts = {},
                       .passed_over = {}};
  // The root directory is nobody's project: a rule for one would hide the certificates in /etc.
  if (survey.cwd != "/") search.workspaces.push_back(survey.cwd);
  for (const HostMount& mount : survey.mounts) {
    if (mount.is_directory && IsOfInterest(mount, survey.cwd)) {
      search.submounts.push_back(mount.target);
    }
  }
  for (const std::string& hidden : survey.hidden) {
    const bool shows_some = std::ranges::any_of(survey.shown, [&hidden](const std::string& path) {
      return plan::IsAtOrBelow(path, hidden) || plan::IsAtOrBelow(hidden, path);
    });
    if (!shows_some) search.passed_over.push_back(hidden);
  }
  DeniedFiles denied = TRY(FindDenied(search));
  survey.denied = std::move(denied.files);
  survey.warnings = std::move(denied.warnings);
  return {};
}

// What is to be shown within something hidden needs something to mount.
void DropWhatIsNotThere(HostSurvey& survey) {
  std::erase_if(survey.shown, [&survey](const std::string& path) {
    const bool is_within_hidden = std::ranges::any_of(survey.hidden, [&](const auto& hidden) {
      return path != hidden && plan::IsAtOrBelow(path, hidden);
    });
    if (!is_within_hidden || ModeOf(path)) return false;
    survey.warnings.push_back("do.show: " + path + " is not there");
    return true;
  });
}

}  // namespace

Result<HostSurvey> SurveyHost(const SurveyRequest& request) {
  HostSurvey survey;
  const std::string cwd = request.cwd.empty() ? "." : request.cwd;
  survey.cwd = TRY_WITHIN(kernel::RealPath(cwd), "working directory");
  const auto mode = ModeOf(survey.cwd);
  if (!mode || !S_ISDIR(*mode)) {
    return Fail(Error(ErrorKind::kUsage, "working directory " + Quoted(cwd) + " is no directory"));
  }

  const std::vector<std::string> homes = HomeDirectories(request.invoker);
  std::vector<std::string> hidden = Places(request.policy.hidden_paths, homes);
  // Not in those of our own, where commands of former sandboxes may have left symlinks.
  AddTargets(Canonical(homes), hidden);
  for (const std::string& path : request.to_hide)
    AddPlaces(path, hidden);
  std::ranges::sort(hidden);
  hidden.erase(std::unique(hidden.begin(), hidden.end()), hidden.end());
  survey.hidden = Outermost(hidden);
  survey.shown = Places(request.policy.shown_paths, homes);
  survey.own = OwnDirectories({request.invoker.home, survey.cwd}, request.invoker.uid);
  if (!request.facts.in_initial_user_namespace) {
    // What the user can not look at needs no hiding, and could not be covered.
    std::erase_if(survey.hidden, [](const std::string& path) { return !ModeOf(path); });
  }
  for (const char* path : {"/tmp", "/var/tmp"}) {
    const auto found = ModeOf(path);
    if (found && S_ISDIR(*found)) survey.temporary.emplace_back(path);
  }
  const std::vector<kernel::MountEntry> table = TRY(kernel::ReadMountTable());
  survey.mounts = TRY(SurveyMounts(table, request.facts, survey.cwd));
  TRY(SurveyDenied(request, table, homes, survey));
  DropWhatIsNotThere(survey);
  return survey;
}

}  // namespace agentbox::container
