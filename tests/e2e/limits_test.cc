// A sandbox that fills its throwaway layers: it is told so, goes on, and leaves nothing; by each of
// the ways in which layers are limited.
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "support/do_box.h"
#include "support/quota_disk.h"

namespace agentbox::test {
namespace {

using boost::unit_test::precondition;
using Strings = std::vector<std::string>;

constexpr const char* kSize = "16m";

// Fills the disk with one file, and then with many, without dying of it.
constexpr const char* kFill =
    "said=$(dd if=/dev/zero of=/big bs=64k count=1024 2>&1); echo big: $?; rm /big\n"
    "i=0; while echo $i 2>/dev/null >/many-$i; do i=$((i + 1)); done\n"
    "[ $i -gt 1000 ] && [ $i -lt 5000 ] && echo many: some thousand\n"
    "rm /many-*; echo again > /small && cat /small; echo \"$said\" | grep -o 'No "
    "space.*\\|.*quota.*'\n";

constexpr const char* kNoSpace = "big: 1\nmany: some thousand\nagain\nNo space left on device\n";
constexpr const char* kOverQuota =
    "big: 1\nmany: some thousand\nagain\ndd: error writing '/big': Disk quota exceeded\n";

struct Limited : Box {
  Limited() { bundle.config["annotations"]["dev.agentbox.limits.disk"] = kSize; }

  Strings Images() const { return LoopFiles(bundle.Id()); }

  // `run` of the container by this policy.
  Outcome RunBy(const std::string& policy, const Strings& args) {
    const std::string file = bundle.Directory() + "/policy.json";
    WriteFile(file, policy);
    bundle.Args(args);
    return bundle.Agentbox({"--policy", file, "run", "--bundle", bundle.Path(), bundle.Id()});
  }
};

// A `do`, whose review has the name, with layers of that size at most.
Strings DoWithin24m(const std::string& name, const Strings& words) {
  Strings command = {
      AgentboxPath(), "do", "-q", "--network", "none", "--name", name, "--disk", "24m"};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

BOOST_AUTO_TEST_SUITE(limits)

BOOST_FIXTURE_TEST_CASE(an_image_that_is_full_says_so_and_goes, Limited) {
  const Outcome outcome = bundle.Run({"/bin/sh", "-c", kFill});
  BOOST_TEST(outcome.output == kNoSpace, outcome.errors);
  BOOST_TEST(outcome.status == 0);
  CheckNothingLeft(bundle);
}

BOOST_FIXTURE_TEST_CASE(the_plan_says_what_limits_the_layers, Limited) {
  const std::string plan = bundle.Agentbox({"plan", bundle.Path()}).output;
  BOOST_TEST(
      plan.find("  throwaway layers on disk, in an image of 16m (project quotas can not be had)  "
                "[limits.disk]\n") != std::string::npos,
      plan);
  BOOST_TEST(plan.find("limits.disk: 16m  (annotation dev.agentbox.limits.disk)\n") !=
             std::string::npos);
  bundle.config.erase("annotations");
  BOOST_TEST(
      bundle.Agentbox({"plan", bundle.Path()})
          .output.find(
              "  throwaway layers on disk, without a limit (project quotas can not be had)") !=
      std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_image_goes_with_an_init_that_is_killed, Limited) {
  bundle.Args({"/bin/sh", "-c", "dd if=/dev/zero of=/big bs=64k; exec sleep 1000"}).Launch();
  BOOST_TEST(Images().size() == 1U);
  BOOST_TEST(Eventually([this] {
    return bundle.ExecOutputOf({"/bin/busybox", "df", "-P", "/"}).find("100%") != std::string::npos;
  }));
  BOOST_REQUIRE(::kill(bundle.Pid(), SIGKILL) == 0);
  bundle.Delete();
  CheckNothingLeft(bundle);
}

BOOST_FIXTURE_TEST_CASE(an_image_goes_with_a_create_that_is_killed, Limited) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  int killed = 0;
  for (int step = 0; step < 24; ++step) {
    Background create({AgentboxPath(),
                       "--root",
                       bundle.Root(),
                       "create",
                       "--bundle",
                       bundle.Path(),
                       bundle.Id()});
    ::usleep(static_cast<useconds_t>(step * 2000));
    create.Signal(SIGKILL);
    killed += create.Wait() == 128 + SIGKILL ? 1 : 0;
    const Outcome outcome =
        step % 2 == 0 ? bundle.Command("delete", {"--force"}) : bundle.Agentbox({"gc"});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    if (bundle.Command("state").Succeeded()) bundle.Delete();
    CheckNothingLeft(bundle);
  }
  BOOST_TEST(killed > 3);
}

BOOST_FIXTURE_TEST_CASE(a_tmpfs_that_is_full_says_so_and_goes, Limited) {
  const Outcome outcome = RunBy(R"({"scratch": {"kind": "tmpfs"}, "limits": {"disk": "64m"}})",
                                {"/bin/sh", "-c", kFill});
  BOOST_TEST(outcome.output.starts_with("big: 1\n"), outcome.errors);
  BOOST_TEST(outcome.output.ends_with("again\nNo space left on device\n"));
  BOOST_TEST(Images().empty());
  CheckNothingLeft(bundle);
}

BOOST_FIXTURE_TEST_CASE(do_takes_a_limit_and_says_how_it_is_kept, DoBox) {
  const Outcome outcome =
      Sh("df -kP . | tail -1; head -c 20m /dev/zero > big", {"--disk", kSize, "--verbose"});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.errors.find("No space left on device") != std::string::npos, outcome.errors);
  BOOST_TEST(outcome.errors.find("in an image of 16m (project quotas can not be had)  [--disk]") !=
             std::string::npos);
  BOOST_TEST(!Exists(tree / "big"));
  CheckFails(Sh("true", {"--disk", "1m"}), 125, "--disk: 1m is less than 4m");
  CheckFails(Sh("true", {"--disk", "0"}), 125, "--disk: \"0\" is not more than 0");
}

BOOST_FIXTURE_TEST_CASE(the_layers_of_a_user_without_root_are_limited_in_memory, DoBox) {
  const User user;
  const std::string agentbox = tree / "agentbox";
  std::filesystem::copy_file(AgentboxPath(), agentbox);
  std::filesystem::permissions(agentbox, std::filesystem::perms(0755));
  const Outcome outcome = user.Run(
      agentbox + " do -q --verbose --throwaway --network none --disk 16m --name " + NewId() +
      " sh -c 'head -c 20m /dev/zero > big; echo $?; rm big; echo again > big; cat big'");
  BOOST_TEST(outcome.output == "1\nagain\n", outcome.errors);
  BOOST_TEST(outcome.errors.find("No space left on device") != std::string::npos);
  BOOST_TEST(outcome.errors.find("in memory, in a tmpfs of 16m") != std::string::npos);
  BOOST_TEST(user.Run("ls -A big .local/share/agentbox 2>/dev/null").output.find("big") ==
             std::string::npos);
}

// Without a quota a layer that is kept is in an image, which is read as any other layer is.
BOOST_FIXTURE_TEST_CASE(a_layer_that_waits_for_review_is_limited_by_an_image, DoBox) {
  WriteFile(tree / "changed", "host");
  const std::string name = NewId();
  const Strings command =
      DoWithin24m(name,
                  {"--verbose",
                   "--",
                   "sh",
                   "-c",
                   "echo new > changed; mkdir d; mv changed d; head -c 40m /dev/zero "
                   "> big; rm big; head -c 1m /dev/zero > d/zeros"});
  const Outcome outcome = RunCommand(command, {.directory = tree.Path()});
  BOOST_TEST(outcome.errors.find("No space left on device") != std::string::npos, outcome.errors);
  BOOST_TEST(outcome.errors.find("24m at most by an image  [--disk]") != std::string::npos);
  BOOST_TEST(Eventually([&] { return LoopFiles("@reviews/" + name).empty(); }));
  const auto said = [&](const Strings& args) {
    Strings all = {AgentboxPath()};
    all.insert(all.end(), args.begin(), args.end());
    const Outcome one = RunCommand(all, {.directory = tree.Path()});
    BOOST_TEST(one.status == 0, one.errors);
    return one.output;
  };
  BOOST_TEST(said({"diff", name}) == "D  changed\nA  d/\nA  d/changed\nA  d/zeros\n");
  said({"apply", name});
  BOOST_TEST(ReadFile(tree / "d/changed") == "new\n");
  BOOST_TEST(!Exists(tree / "changed"));
  BOOST_TEST(!Exists(kReviews + name));
  BOOST_TEST(Eventually([&] { return LoopFiles("@reviews/" + name).empty(); }));
}

// What was in a renamed directory is copied into the layer before anything is applied.
BOOST_FIXTURE_TEST_CASE(a_renamed_directory_is_applied_of_an_image_that_has_the_room, DoBox) {
  const std::string name = NewId();
  std::filesystem::create_directory(tree / "old");
  WriteFile(tree / "old/file", std::string(30U << 20U, 'x'));
  const Strings command = DoWithin24m(name, {"--", "mv", "-T", "old", "new"});
  BOOST_TEST(RunCommand(command, {.directory = tree.Path()}).status == 0);
  const Strings apply = {AgentboxPath(), "apply", name};
  const Outcome full = RunCommand(apply, {.directory = tree.Path()});
  const std::string image = kReviews + name + "/image";
  BOOST_TEST(full.status != 0);
  BOOST_TEST(full.errors.find("No space left on device") != std::string::npos, full.errors);
  BOOST_TEST(full.errors.find("truncate -s +SIZE " + image) != std::string::npos, full.errors);
  BOOST_TEST(Exists(tree / "old/file"));
  BOOST_TEST(Eventually([&] { return LoopFiles("@reviews/" + name).empty(); }));
  BOOST_TEST(RunCommand({"sh", "-c", "truncate -s +32M $0 && e2fsck -fp $0 && resize2fs $0", image})
                 .status == 0);
  BOOST_TEST(RunCommand(apply, {.directory = tree.Path()}).status == 0);
  BOOST_TEST(ReadFile(tree / "new/file").size() == 30U << 20U);
  BOOST_TEST(!Exists(tree / "old"));
}

// While the sandbox writes to it there is one loop device alone.
BOOST_FIXTURE_TEST_CASE(the_image_of_a_sandbox_that_runs_can_be_looked_at, DoBox) {
  const std::string name = NewId();
  {
    const Background run(
        DoWithin24m(name, {"-C", tree.Path(), "--", "sh", "-c", "echo 1 > first; sleep 1000"}));
    const auto is_listed = [&] {
      return RunCommand({AgentboxPath(), "diff", name}, {.directory = tree.Path()})
                 .output.find("A  first") != std::string::npos;
    };
    BOOST_TEST(Eventually(is_listed));
    BOOST_TEST(LoopFiles("@reviews/" + name).size() == 1U);
  }
  DiscardReviews();
  BOOST_TEST(!Exists(kReviews + name));
  BOOST_TEST(Eventually([&] { return LoopFiles("@reviews/" + name).empty(); }));
}

BOOST_FIXTURE_TEST_CASE(without_root_a_limit_of_what_is_kept_is_refused, DoBox) {
  const User user;
  const std::string agentbox = tree / "agentbox";
  std::filesystem::copy_file(AgentboxPath(), agentbox);
  std::filesystem::permissions(agentbox, std::filesystem::perms(0755));
  CheckFails(
      user.Run(agentbox + " do -q --network none --disk 16m --name " + NewId() + " true"),
      125,
      "--disk: layers that are kept for review can be limited by a project quota or an image");
}

// With the scratch directory on a file system that has project quotas.
struct OnQuotaDisk : Limited {
  QuotaDisk disk;

  OnQuotaDisk() {
    WriteFile(Policy(), R"({"scratch": {"directory": ")" + disk.Path() + R"(/scratch"}})");
  }

  std::string Policy() const { return bundle.Directory() + "/policy.json"; }

  Outcome Run(const std::string& script) {
    bundle.Args({"/bin/sh", "-c", script});
    return bundle.Agentbox({"--policy", Policy(), "run", "--bundle", bundle.Path(), bundle.Id()});
  }

  Strings Create(const std::string& id) const {
    return {AgentboxPath(),
            "--policy",
            Policy(),
            "--root",
            bundle.Root(),
            "create",
            "--bundle",
            bundle.Path(),
            id};
  }

  // Linux 6.6 lets go of a project that nothing has any more in its own time.
  void CheckProjects(std::size_t count) const {
    BOOST_TEST(Eventually([&] { return disk.Projects().size() == count; }), disk.Projects().size());
  }

  // What the quotas are of is gone, and so is what they were kept by.
  void CheckNoProjectLeft() const {
    CheckNothingLeft(bundle);
    CheckProjects(0);
    if (!Exists(disk.Path() + "/scratch")) return;
    BOOST_TEST(std::filesystem::is_empty(disk.Path() + "/scratch"));
  }
};

BOOST_FIXTURE_TEST_CASE(a_quota_that_is_used_up_says_so_and_goes,
                        OnQuotaDisk,
                        *precondition(HasProjectQuotas)) {
  const Outcome outcome = Run("df -kP / | awk 'END { print $2 }'; " + std::string(kFill));
  BOOST_TEST(outcome.output == "16384\n" + std::string(kOverQuota), outcome.errors);
  BOOST_TEST(Images().empty());
  CheckNoProjectLeft();
}

BOOST_FIXTURE_TEST_CASE(a_quota_holds_a_layer_that_waits_for_review,
                        OnQuotaDisk,
                        *precondition(HasProjectQuotas)) {
  const std::string volume = bundle.Directory() + "/volume";
  std::filesystem::create_directory(volume);
  bundle.Volume("/work", volume);
  bundle.config["annotations"]["dev.agentbox.mount./work"] = "review";
  const Outcome outcome =
      Run("head -c 40m /dev/zero > /work/big; echo $?; rm /work/big; echo x > /work/x");
  BOOST_TEST(outcome.output == "1\n", outcome.errors);
  CheckProjects(1);
  BOOST_TEST(bundle.Agentbox({"--policy", Policy(), "diff", bundle.Id()}).output == "A  x\n");
  BOOST_TEST(bundle.Agentbox({"--policy", Policy(), "discard", bundle.Id()}).status == 0);
  CheckProjects(0);
}

BOOST_FIXTURE_TEST_CASE(the_default_is_held_by_quotas,
                        OnQuotaDisk,
                        *precondition(HasProjectQuotas)) {
  bundle.config.erase("annotations");
  const std::string plan = bundle.Agentbox({"--policy", Policy(), "plan", bundle.Path()}).output;
  BOOST_TEST(plan.find("throwaway layers on disk, 32g at most by a project quota  [limits.disk]") !=
             std::string::npos);
  BOOST_TEST(Run("echo ran").output == "ran\n");
  CheckNoProjectLeft();
}

BOOST_FIXTURE_TEST_CASE(nobody_inside_leaves_the_project,
                        OnQuotaDisk,
                        *precondition(HasProjectQuotas)) {
  const Outcome outcome =
      Run("echo x > /mine; mkdir /dir; /bin/guest set-project /mine 0 0; /bin/guest set-project "
          "/mine 7 0;"
          "/bin/guest set-project /dir 7 1; /bin/guest project /mine; /bin/guest project /dir");
  const std::string& said = outcome.output;
  BOOST_TEST(said.find("ok") == std::string::npos, said + outcome.errors);
  // 0x6167....: ours.
  BOOST_TEST(said.find("\n1634") != std::string::npos, said + outcome.errors);
  CheckNoProjectLeft();
}

BOOST_FIXTURE_TEST_CASE(each_sandbox_has_a_project_of_its_own,
                        OnQuotaDisk,
                        *precondition(HasProjectQuotas)) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  const Strings ids = {bundle.Id(), NewId(), NewId()};
  for (const std::string& id : ids)
    BOOST_REQUIRE(RunCommand(Create(id)).Succeeded());
  BOOST_TEST(disk.Projects().size() == ids.size());
  for (const std::string& id : ids)
    BOOST_TEST(bundle.Agentbox({"delete", "--force", id}).Succeeded());
  CheckNoProjectLeft();
}

BOOST_FIXTURE_TEST_CASE(a_quota_goes_with_what_is_killed,
                        OnQuotaDisk,
                        *precondition(HasProjectQuotas)) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  BOOST_REQUIRE(RunCommand(Create(bundle.Id())).Succeeded());
  BOOST_REQUIRE(::kill(bundle.Pid(), SIGKILL) == 0);
  bundle.Delete();
  CheckNoProjectLeft();
  for (int step = 0; step < 20; ++step) {
    Background create(Create(bundle.Id()));
    ::usleep(static_cast<useconds_t>(step * 500));
    create.Signal(SIGKILL);
    create.Wait();
    const Outcome outcome = step % 2 == 0 ? bundle.Command("delete", {"--force"})
                                          : bundle.Agentbox({"--policy", Policy(), "gc"});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    if (bundle.Command("state").Succeeded()) bundle.Delete();
    CheckNoProjectLeft();
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
