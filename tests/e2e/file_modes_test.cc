// Volumes that are a single file, through a layer: thrown away, or reviewed and applied.
#include <sys/mount.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

// A bind mount of a file on another, while this object lives.
class Bind {
 public:
  Bind(const std::string& from, std::string to) : to_(std::move(to)) {
    BOOST_REQUIRE(RunCommand({"mount", "--bind", from, to_}).Succeeded());
  }
  Bind(const Bind&) = delete;
  Bind& operator=(const Bind&) = delete;
  ~Bind() { ::umount2(to_.c_str(), MNT_DETACH); }

 private:
  std::string to_;
};

struct FileModes : Box {
  FileModes() {
    fs::create_directories(home);
    WriteFile(file, "host\n");
    WriteFile(home + "/other", "other\n");
    bundle.Volume("/one", file, {"bind"});
  }
  ~FileModes() { RunCommand({AgentboxPath(), "--root", bundle.Root(), "discard", bundle.Id()}); }

  void Show(const std::string& source) { bundle.config["mounts"].back()["source"] = source; }

  // Of the script in a container that has the volume in `mode`.
  Outcome Run(const std::string& mode, const std::string& script) {
    bundle.Policy({{"mounts", {{{"destination", "/one"}, {"mode", mode}}}}});
    return bundle.Run({"/bin/sh", "-c", script});
  }

  // As an engine removes the files that it mounts, of a container that writes to a directory, too.
  void RunUntilTheFileIsGone(const std::string& script) {
    fs::create_directories(work);
    bundle.Volume("/work", work);
    bundle.Policy({{"mounts", {{{"destination", "/**"}, {"mode", "review"}}}}});
    BOOST_TEST(bundle.Run({"/bin/sh", "-c", "echo in > /work/new; " + script}).Succeeded());
    fs::remove_all(home);
  }

  // That a write is seen in the container and not on the host.
  void CheckIsWrittenApart(const std::string& mode) {
    const Outcome outcome = Run(mode, "cat /one; echo in > /one; cat /one");
    BOOST_TEST(outcome.output == "host\nin\n", outcome.errors);
    BOOST_TEST(ReadFile(file) == "host\n");
  }

  Outcome Of(const std::string& command,
             const std::vector<std::string>& more = {},
             const CommandOptions& options = {}) const {
    std::vector<std::string> args = {command, bundle.Id()};
    args.insert(args.end(), more.begin(), more.end());
    return bundle.Agentbox(args, options);
  }

  std::string Kept() const { return "/var/lib/agentbox/@reviews/" + bundle.Id(); }
  bool Waits() const { return Exists(Kept()); }

  std::string work = bundle.Directory() + "/work";
  std::string home = bundle.Directory() + "/home";
  std::string file = home + "/.settings";
};

BOOST_FIXTURE_TEST_SUITE(file_modes, FileModes)

BOOST_AUTO_TEST_CASE(what_is_written_is_thrown_away) {
  CheckIsWrittenApart("throwaway");
  BOOST_TEST(!Waits());
  CheckIsWrittenApart("throwaway");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_seen_and_applied) {
  CheckIsWrittenApart("review");
  const Outcome listed = bundle.Agentbox({"changes"});
  BOOST_TEST(listed.output.find(file) != std::string::npos, listed.output);
  const Outcome diff = Of("diff", {"-p"});
  BOOST_TEST(diff.output.find("--- a/.settings\n+++ b/.settings\n@@ -1 +1 @@\n-host\n+in\n") !=
                 std::string::npos,
             diff.output + diff.errors);
  const Outcome applied = Of("apply");
  BOOST_TEST(applied.output == "1 applied\n", applied.errors);
  BOOST_TEST(ReadFile(file) == "in\n");
  BOOST_TEST(ReadFile(home + "/other") == "other\n");
  BOOST_TEST(!Waits());
}

// Of those with a change alone; by what the sandbox was shown.
BOOST_AUTO_TEST_CASE(each_volume_has_its_heading) {
  WriteFile(home + "/second", "host\n");
  WriteFile(home + "/third", "host\n");
  fs::create_directories(home + "/tree/sub");
  bundle.Volume("/two", home + "/second", {"bind"});
  bundle.Volume("/three", home + "/third", {"bind"});
  bundle.Volume("/tree", home + "/tree", {"bind"});
  nlohmann::json mounts;
  for (const char* destination : {"/one", "/two", "/three", "/tree"})
    mounts.push_back({{"destination", destination}, {"mode", "review"}});
  bundle.Policy({{"mounts", mounts}});
  const Outcome ran = bundle.Run({"/bin/sh", "-c", "echo in > /one; echo in > /three"});
  BOOST_TEST(ran.Succeeded(), ran.errors);
  const std::string one = "# " + file + "\nM  .settings\n";
  const std::string three = "# " + home + "/third\nM  third\n";
  BOOST_TEST(Of("diff").output == one + three);
  BOOST_TEST(Of("diff", {home + "/third"}).output == three);
  BOOST_TEST(Of("diff", {"--stat"}).output.find(home + "/tree") == std::string::npos);
  const std::string patch = Of("diff", {"-p"}).output;
  BOOST_TEST(patch.starts_with("# " + file + "\ndiff --git "), patch);
}

BOOST_AUTO_TEST_CASE(what_is_written_is_discarded) {
  CheckIsWrittenApart("review");
  BOOST_TEST(Of("discard").Succeeded());
  BOOST_TEST(!Waits());
  BOOST_TEST(ReadFile(file) == "host\n");
}

BOOST_AUTO_TEST_CASE(without_a_change_nothing_waits) {
  BOOST_TEST(Run("review", "cat /one; : >> /one").output == "host\n");
  BOOST_TEST(!Waits());
}

BOOST_AUTO_TEST_CASE(owner_and_mode_are_the_file_s_and_go_with_it) {
  BOOST_REQUIRE(RunCommand({"chown", "1000:1001", file}).Succeeded());
  fs::permissions(file, fs::perms(0640));
  const Outcome outcome =
      Run("review", "stat -c %u:%g:%a /one; chmod 600 /one; chown 7:8 /one; stat -c %u:%g:%a /one");
  BOOST_TEST(outcome.output == "1000:1001:640\n7:8:600\n", outcome.errors);
  BOOST_TEST(Of("apply").Succeeded());
  BOOST_TEST(Chomp(RunCommand({"stat", "-c", "%u:%g:%a", file}).output) == "7:8:600");
}

// As of any file that is mounted: a program that saves by renaming gets EBUSY.
BOOST_AUTO_TEST_CASE(it_can_be_neither_removed_nor_replaced) {
  const Outcome outcome =
      Run("review", "rm /one 2>/dev/null || echo kept; echo x > /two; mv /two /one 2>&1");
  BOOST_TEST(outcome.output.starts_with("kept\n"), outcome.output);
  BOOST_TEST(outcome.output.find("busy") != std::string::npos, outcome.output);
  BOOST_TEST(!Waits());
}

// The overlay is of the directory, and only the file of it is mounted.
BOOST_AUTO_TEST_CASE(nothing_else_of_its_directory_is_shown) {
  bundle.Capability("SYS_ADMIN").Capability("DAC_READ_SEARCH");
  const Outcome outcome = Run("review",
                              "grep -c ' /one ' /proc/self/mountinfo;"
                              "grep ' /one ' /proc/self/mountinfo | cut -d ' ' -f 4;"
                              "ls / | grep -c -e other -e settings;"
                              "find / -xdev -name other -o -name .settings");
  BOOST_TEST(outcome.output == "1\n/.settings\n0\n", outcome.errors);
}

BOOST_AUTO_TEST_CASE(one_that_the_host_changed_since_is_a_conflict) {
  CheckIsWrittenApart("review");
  WriteFile(file, "saved\n");
  const Outcome applied = Of("apply");
  BOOST_TEST(applied.status == 1);
  BOOST_TEST(applied.output.find("0 applied, 1 left out") != std::string::npos, applied.output);
  BOOST_TEST(ReadFile(file) == "saved\n");
  BOOST_TEST(Of("apply", {"--force"}).Succeeded());
  BOOST_TEST(ReadFile(file) == "in\n");
}

BOOST_AUTO_TEST_CASE(one_that_runs_code_later_needs_a_yes) {
  WriteFile(home + "/.bashrc", "");
  Show(home + "/.bashrc");
  BOOST_TEST(Run("review", "echo evil > /one").Succeeded());
  BOOST_TEST(Of("apply").output.find("0 applied, 1 left out") != std::string::npos);
  BOOST_TEST(ReadFile(home + "/.bashrc").empty());
  BOOST_TEST(Of("apply", {"--allow-exec-config"}).Succeeded());
  BOOST_TEST(ReadFile(home + "/.bashrc") == "evil\n");
}

// By the name of the directory that the file is in, of which the sandbox was shown nothing.
BOOST_AUTO_TEST_CASE(one_that_runs_code_later_by_where_it_is_needs_a_yes) {
  fs::create_directories(home + "/.git");
  WriteFile(home + "/.git/config", "");
  Show(home + "/.git/config");
  BOOST_TEST(Run("review", "echo evil > /one").Succeeded());
  BOOST_TEST(Of("apply").output.find("0 applied, 1 left out") != std::string::npos);
  BOOST_TEST(ReadFile(home + "/.git/config").empty());
}

BOOST_AUTO_TEST_CASE(paths_choose_the_file_and_none_below_or_beside_it) {
  CheckIsWrittenApart("review");
  CommandOptions in_home;
  in_home.directory = home;
  BOOST_TEST(Of("diff", {file}).output == Of("diff").output);
  BOOST_TEST(bundle.Agentbox({"diff"}, in_home).output == Of("diff").output);
  BOOST_TEST(Of("diff", {home}).output == Of("diff").output);
  CheckFails(Of("diff", {home + "/other"}), 1, "is neither a review nor anything that");
  CheckFails(Of("apply", {file + "/x"}), 1, "is neither a review nor anything that");
  BOOST_TEST(Of("apply", {".settings"}, in_home).output == "1 applied\n");
  BOOST_TEST(ReadFile(file) == "in\n");
}

BOOST_AUTO_TEST_CASE(two_files_of_one_directory_are_two_volumes) {
  bundle.Volume("/two", home + "/other", {"bind"});
  bundle.Policy({{"mounts", {{{"source", home + "/**"}, {"mode", "review"}}}}});
  const Outcome outcome =
      bundle.Run({"/bin/sh", "-c", "echo in > /one; echo more >> /two; cat /one /two"});
  BOOST_TEST(outcome.output == "in\nother\nmore\n", outcome.errors);
  BOOST_TEST(Of("diff").output == "# " + file + "\nM  .settings\n# " + home + "/other\nM  other\n");
  BOOST_TEST(Of("apply", {home + "/other"}).output.starts_with("1 applied\n"));
  BOOST_TEST(ReadFile(file) == "host\n");
  BOOST_TEST(ReadFile(home + "/other") == "other\nmore\n");
  BOOST_TEST(Waits());
  BOOST_TEST(Of("apply").output == "1 applied\n");
  BOOST_TEST(ReadFile(file) == "in\n");
  BOOST_TEST(!Waits());
}

BOOST_AUTO_TEST_CASE(a_limited_layer_holds_it_or_says_that_it_is_full) {
  bundle.Policy(
      {{"limits", {{"disk", "16M"}}}, {"mounts", {{{"destination", "/one"}, {"mode", "review"}}}}});
  const Outcome outcome = bundle.Run({"/bin/sh", "-c", "dd if=/dev/zero of=/one bs=64k count=480"});
  const bool is_full = outcome.errors.find("No space left on device") != std::string::npos ||
                       outcome.errors.find("quota exceeded") != std::string::npos;
  BOOST_TEST(is_full, outcome.errors);
  BOOST_TEST(ReadFile(file) == "host\n");
  BOOST_TEST(Of("diff").output == "M  .settings\n");
  BOOST_TEST(Of("discard").Succeeded());
}

// In which the directory of the layer lies, too.
BOOST_AUTO_TEST_CASE(one_in_the_root_directory) {
  const std::string path = "/" + bundle.Id();
  WriteFile(path, "host\n");
  Show(path);
  const Outcome thrown_away = Run("throwaway", "echo in > /one; cat /one");
  const Outcome reviewed = Run("review", "echo in > /one; cat /one");
  const std::string after = ReadFile(path);
  fs::remove(path);
  BOOST_TEST(thrown_away.output == "in\n", thrown_away.errors);
  BOOST_TEST(reviewed.output == "in\n", reviewed.errors);
  BOOST_TEST(after == "host\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_changed_is_not_listed_beside_what_is) {
  RunUntilTheFileIsGone(": >> /one");
  BOOST_TEST(Of("diff").output == "A  new\n");
  const std::string listed = bundle.Agentbox({"changes"}).output;
  BOOST_TEST(listed.find(work) != std::string::npos, listed);
  BOOST_TEST(listed.find(file) == std::string::npos, listed);
  BOOST_TEST(!Exists(Kept() + "/mount-0"));
  BOOST_TEST(Of("apply").output == "1 applied\n");
  BOOST_TEST(!Waits());
}

// Its sandbox may have ended with the machine, before anybody saw that there is nothing to keep.
BOOST_AUTO_TEST_CASE(one_that_is_gone_and_was_not_written_to_is_nothing_to_review) {
  RunUntilTheFileIsGone("echo in > /one");
  fs::remove(Kept() + "/mount-0/upper/.settings");
  const Outcome diff = Of("diff");
  BOOST_TEST(diff.output.find("A  new\n") != std::string::npos, diff.errors);
  BOOST_TEST(diff.errors == "");
  const Outcome applied = Of("apply");
  BOOST_TEST(applied.output == "1 applied\n", applied.errors);
  BOOST_TEST(ReadFile(work + "/new") == "in\n");
  BOOST_TEST(!Waits());
}

BOOST_AUTO_TEST_CASE(one_that_is_gone_and_was_written_to_is_left_out_and_the_others_are_applied) {
  RunUntilTheFileIsGone("echo in > /one");
  const std::string why = "the real tree " + home + " is not there any more";
  const Outcome diff = Of("diff");
  BOOST_TEST(diff.status == 0);
  BOOST_TEST(diff.output.find("A  new\n") != std::string::npos, diff.errors);
  BOOST_TEST(diff.errors.find(file + ": " + why) != std::string::npos, diff.errors);
  const std::string skipped = "skipped  " + file + " (" + why + ")\n";
  const Outcome trial = Of("apply", {"-n"});
  BOOST_TEST(trial.output.starts_with(skipped), trial.output + trial.errors);
  const Outcome applied = Of("apply");
  BOOST_TEST(applied.status == 1);
  BOOST_TEST(applied.output == skipped + "1 applied, 1 left out\n" + bundle.Id() +
                                   " stays: agentbox discard " + bundle.Id() + " removes it\n");
  BOOST_TEST(ReadFile(work + "/new") == "in\n");
  bundle.Agentbox({"gc"});
  BOOST_TEST(Waits());
  BOOST_TEST(Of("discard").Succeeded());
}

BOOST_AUTO_TEST_CASE(gc_keeps_no_empty_layer_over_one_that_is_gone) {
  RunUntilTheFileIsGone("echo in > /one");
  fs::remove(Kept() + "/mount-0/upper/.settings");
  fs::remove(Kept() + "/mount-1/upper/new");
  BOOST_TEST(bundle.Agentbox({"gc"}).Succeeded());
  BOOST_TEST(!Waits());
}

BOOST_AUTO_TEST_CASE(a_symlink_is_followed_to_the_file_which_is_what_is_applied) {
  fs::create_symlink("home/.settings", bundle.Directory() + "/link");
  Show(bundle.Directory() + "/link");
  CheckIsWrittenApart("review");
  BOOST_TEST(Of("apply").Succeeded());
  BOOST_TEST(fs::is_symlink(bundle.Directory() + "/link"));
  BOOST_TEST(ReadFile(file) == "in\n");
}

// As of Kubernetes' subPath: an overlay of the directory would show what the mount covers.
BOOST_AUTO_TEST_CASE(one_that_is_mounted_is_taken_where_it_comes_from) {
  WriteFile(home + "/other", "covered\n");
  const Bind bind(file, home + "/other");
  Show(home + "/other");
  CheckIsWrittenApart("throwaway");
  CheckIsWrittenApart("review");
  BOOST_TEST(bundle.Agentbox({"changes"}).output.find(file) != std::string::npos);
  BOOST_TEST(Of("apply").Succeeded());
  BOOST_TEST(ReadFile(file) == "in\n");
}

BOOST_AUTO_TEST_CASE(one_that_no_mount_shows_in_a_directory_is_refused_with_the_way_out) {
  auto origin = std::make_unique<MountedTmpfs>(bundle.Directory() + "/tmpfs");
  WriteFile(bundle.Directory() + "/tmpfs/one", "host\n");
  const Bind bind(bundle.Directory() + "/tmpfs/one", file);
  origin.reset();
  for (const std::string mode : {"throwaway", "review"}) {
    const Outcome outcome = Run(mode, "true");
    CheckFails(outcome, 1, "is mounted by itself, and no mount shows it in a directory");
    BOOST_TEST(outcome.errors.find("\"direct\" or \"readonly\"") != std::string::npos);
    BOOST_TEST(!Waits());
  }
  BOOST_TEST(Run("direct", "cat /one").output == "host\n");
}

BOOST_AUTO_TEST_CASE(over_a_socket_there_is_no_layer) {
  const std::string socket = home + "/socket";
  BOOST_REQUIRE(RunCommand({"python3",
                            "-c",
                            "import socket, sys;"
                            "socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
                            socket})
                    .Succeeded());
  Show(socket);
  for (const std::string mode : {"throwaway", "review"}) {
    CheckFails(Run(mode, "true"), 1, "is neither a directory nor a regular file");
    BOOST_TEST(!Waits());
  }
}

BOOST_AUTO_TEST_CASE(one_that_is_denied_is_not_shown) {
  WriteFile(home + "/.env", "secret\n");
  Show(home + "/.env");
  BOOST_TEST(Run("review", "cat /one 2>/dev/null; echo x > /one; echo end").output == "end\n");
  BOOST_TEST(!Waits());
  BOOST_TEST(ReadFile(home + "/.env") == "secret\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
