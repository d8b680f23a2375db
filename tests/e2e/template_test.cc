// Templates: made by a setup command or of a container, started from, stacked, removed.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/template_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// Sets attributes with no tool but Python: attr(1)'s and libcap's are not on every machine.
constexpr const char* kSetXattrs =
    "python3 -c 'import os\n"
    "os.setxattr(\"new\", \"user.note\", b\"kept\")\n"
    "os.setxattr(\"tool\", \"security.capability\", bytes([1,0,0,2,0,32]+[0]*14))'";
constexpr const char* kGetXattrs =
    "python3 -c 'import os\n"
    "print(os.getxattr(\"new\", \"user.note\").decode(),"
    " os.getxattr(\"tool\", \"security.capability\").hex())'";

// What the host has in the tree, and what a setup makes of it.
struct Changed : TemplateBox {
  Changed() {
    for (const char* directory : {"moved", "full"}) {
      fs::create_directories(tree / directory);
      WriteFile((tree / directory) + "/inner", "host's");
    }
    for (const char* file : {"gone", "kept", "owned"})
      WriteFile(tree / file, "host's");
  }

  std::string setup = std::string(
                          "set -e; echo new > new; chown 1234:77 new; chmod 640 new; "
                          "ln new hard; ln -s new link; mkfifo fifo; rm gone; "
                          "chown 65533:1 owned; rm -r full; mkdir full; echo x > full/own; "
                          "cp /bin/true tool; chmod 4755 tool; ") +
                      kSetXattrs;
  std::string show = std::string(
                         "find . -printf '%P %y %m %U:%G %n %l\\n' | sort; cat new hard "
                         "full/* kept; ") +
                     kGetXattrs;
};

// A sandbox that runs until this object goes.
class Neighbour {
 public:
  explicit Neighbour(const TemplateBox& box, const Strings& options = {})
      : run_(box.Command(options,
                         {"sh", "-c", "trap exit TERM; echo ready; while :; do sleep 0.05; done"}),
             output_.Path() + "/output") {
    BOOST_REQUIRE(Eventually([this] { return ReadFile(output_.Path() + "/output") == "ready\n"; }));
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;
  ~Neighbour() {
    run_.Signal(SIGTERM);
    run_.Wait();
  }

 private:
  TemporaryDirectory output_;
  Background run_;
};

// Sandboxes that have ids, until the next one gets others than the template was made under.
std::vector<std::unique_ptr<Neighbour>> Occupied(const TemplateBox& box, const std::string& name) {
  const std::uint32_t made_under = TemplateBox::Record(name)["uidMap"][0]["host"];
  std::vector<std::unique_ptr<Neighbour>> neighbours;
  while (box.OutputOf("read a b c < /proc/self/uid_map; echo $b") == std::to_string(made_under)) {
    BOOST_REQUIRE(neighbours.size() < 5);
    neighbours.push_back(std::make_unique<Neighbour>(box));
  }
  return neighbours;
}

BOOST_FIXTURE_TEST_SUITE(template_command, TemplateBox)

BOOST_FIXTURE_TEST_CASE(what_a_setup_did_is_there_with_its_owners_under_other_ids, Changed) {
  const Strings xattrs = WithXattrs();
  global = xattrs;
  const std::string before = OutputOf(setup + "; " + show, xattrs);
  BOOST_TEST(before.find("new f 640 1234:77 2") != std::string::npos, before);
  const std::string name = Created(setup);
  BOOST_TEST(Exists(tree / "gone"));
  BOOST_TEST(!Exists(tree / "new"));
  Strings from = {"--template", name};
  from.insert(from.end(), xattrs.begin(), xattrs.end());
  BOOST_TEST(OutputOf(show, from) == before);

  const auto neighbours = Occupied(*this, name);
  BOOST_TEST(OutputOf(show, from) == before);
}

BOOST_AUTO_TEST_CASE(directories_that_were_moved_are_where_they_went) {
  fs::create_directories(tree / "old/deep");
  WriteFile(tree / "old/deep/file", "host's");
  const std::string name = Created("mv old new; echo more > new/more");
  BOOST_TEST(OutputOf("ls; ls new; cat new/deep/file", {"--template", name}) ==
             "new\ndeep\nmore\nhost's");
}

BOOST_AUTO_TEST_CASE(each_start_is_clean) {
  const std::string name = Created("echo template > file");
  BOOST_TEST(OutputOf("echo sandbox > file; cat file", {"--template", name}) == "sandbox");
  BOOST_TEST(OutputOf("cat file; rm file; ls", {"--template", name}) == "template");
  BOOST_TEST(ReadFile(LayerOf(name) + tree.Path() + "/file") == "template\n");
}

BOOST_AUTO_TEST_CASE(what_went_to_tmp_is_left_out_and_a_note_says_so) {
  const std::string name = Name();
  const Outcome made = Template({"create",
                                 name,
                                 "--network",
                                 "none",
                                 "--run",
                                 "echo x > /tmp/x; echo file > file; ls /var/tmp"});
  BOOST_TEST(made.status == 0, made.errors);
  BOOST_TEST(made.errors.find("what was written below /tmp is no part of the template") !=
                 std::string::npos,
             made.errors);
  BOOST_TEST(made.errors.find("below /var/tmp") == std::string::npos);
  BOOST_TEST(OutputOf("cat file; ls /tmp", {"--template", name}) == "file");
}

BOOST_AUTO_TEST_CASE(templates_lie_on_one_another) {
  const std::string below = Created("echo below > file; echo below > kept; mkdir d; touch d/gone");
  const auto neighbours = Occupied(*this, below);
  const std::string above = Created("cat file > before; echo above > file; rm d/gone; touch d/new",
                                    {"--template", below});
  BOOST_TEST(Record(above)["parent"] == below);
  BOOST_TEST((Record(above)["uidMap"] == Record(below)["uidMap"]) == false);
  BOOST_TEST(OutputOf("cat before file kept; ls d; stat -c %u file kept", {"--template", above}) ==
             "below\nabove\nbelow\nnew\n0\n0");
  CheckFails(Template({"remove", below}), 1, "lies on");
}

BOOST_AUTO_TEST_CASE(one_in_use_is_not_removed) {
  const std::string name = Created("touch file");
  {
    const Neighbour user(*this, {"-C", tree.Path(), "--template", name});
    CheckFails(Template({"remove", name}), 1, "is in use by /run/agentbox/" + IdPrefix());
    BOOST_TEST(OutputOf("ls file", {"--template", name}) == "file");
  }
  BOOST_TEST(Template({"remove", name}).status == 0);
  CheckFails(Template({"remove", name}), 1, "there is no template");
  CheckFails(Do({"true"}, {"--template", name}), 125, "there is no template");
}

BOOST_AUTO_TEST_CASE(a_user_that_was_killed_does_not_hold_it) {
  const std::string name = Created("touch file");
  {
    Background run(Command({"-C", tree.Path(), "--template", name}, {"sleep", "1000"}));
    const std::string users = LayerOf(name) + "/../users";
    BOOST_REQUIRE(Eventually([&users] { return !fs::is_empty(users); }));
    run.Signal(SIGKILL);
    run.Wait();
  }
  BOOST_TEST(Eventually([&] { return Template({"remove", name}).Succeeded(); }));
}

// What the setup has renamed is shown from where the root file system has it: beneath the working
// directory, which is a mount of its own.
BOOST_AUTO_TEST_CASE(what_is_denied_or_hidden_is_not_in_a_directory_that_was_moved) {
  for (const char* directory : {"home/.ssh", "home/project/conf", "home/project/data.key"})
    fs::create_directories(tree / directory);
  for (const char* name :
       {"home/.ssh/id", "home/.bash_history", "home/project/conf/.env", "home/project/data.key/id"})
    WriteFile(tree / name, "secret");
  WriteFile(tree / "home/project/conf/file", "public");
  const CommandOptions how = {.environment = {"HOME=" + (tree / "home")}};
  const std::string home = Created("mv home new");
  const std::string part = Created("mv home/project/conf new");
  for (const char* const mode : {"--review", "--throwaway", "--direct", "--readonly"}) {
    for (const char* const from : {"home", "home/project"}) {
      const auto found = [&](const std::string& name, const std::string& file) {
        return OutputOf("cat " + (tree / file) + "; grep -rs secret " + (tree / "new") + "; true",
                        {mode, "-C", tree / from, "--template", name},
                        how);
      };
      BOOST_TEST(found(home, "new/project/conf/file") == "public", mode << " in " << from);
      BOOST_TEST(found(part, "new/file") == "public", mode << " in " << from);
    }
  }
}

// Whiteouts of what the policy hides are the sandbox's affair: they are in no template.
BOOST_AUTO_TEST_CASE(secrets_are_neither_in_it_nor_hidden_by_it) {
  const std::string home = tree / "home";
  fs::create_directories(home + "/.ssh");
  WriteFile(home + "/.ssh/id", "secret");
  WriteFile(home + "/.bash_history", "secret");
  const CommandOptions how = {.environment = {"HOME=" + home}, .directory = tree.Path()};
  const std::string name = Name();
  const Outcome made = Template({"create",
                                 name,
                                 "-q",
                                 "--network",
                                 "none",
                                 "--run",
                                 "mkdir ~/.ssh; echo known > ~/.ssh/known_hosts; touch ~/file; "
                                 "ls -A ~ > seen; touch /tmp/left; useradd -M newcomer"},
                                how);
  BOOST_TEST_REQUIRE(made.status == 0, made.errors);
  BOOST_TEST(RunCommand({"grep", "-rl", "secret", LayerOf(name)}).output.empty());
  BOOST_TEST(RunCommand({"find", LayerOf(name), "-type", "c"}).output.empty());
  BOOST_TEST(!Exists(LayerOf(name) + "/tmp"));
  // The host's stay hidden, what the setup put in their place is seen, and passwords are nobody's.
  BOOST_TEST(
      OutputOf("cat seen; ls -A ~ ~/.ssh; cat ~/.ssh/id ~/.bash_history 2>/dev/null; ls /tmp; "
               "cut -d: -f2 /etc/shadow | LC_ALL=C sort -u; id newcomer > /dev/null",
               {"--template", name},
               how)
          .find("secret") == std::string::npos);
  BOOST_TEST(OutputOf("ls -A ~/.ssh", {"--template", name}, how) == "known_hosts");
  BOOST_TEST(OutputOf("cut -d: -f2 /etc/shadow | LC_ALL=C sort -u", {"--template", name}, how) ==
             "!\n*");
  // Without the policy that hid it, it is not hidden.
  BOOST_TEST(OutputOf("cat ~/.bash_history",
                      {"--template", name, "--show", home + "/.bash_history"},
                      how) == "secret");
}

BOOST_AUTO_TEST_CASE(of_a_setup_that_fails_nothing_is_left) {
  const std::string name = Name();
  const Outcome outcome =
      Template({"create", name, "-q", "--network", "none", "--run", "touch file; exit 3"});
  CheckFails(outcome, 1, "the command exited with 3: no template was made");
  BOOST_TEST(Template({"list", "-q"}).output.find(name) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(killed_at_any_moment_it_leaves_what_gc_removes_or_a_whole_one) {
  for (int milliseconds = 0; milliseconds < 60; milliseconds += 3) {
    const std::string name = Name();
    Background run({AgentboxPath(),
                    "template",
                    "create",
                    name,
                    "-q",
                    "--network",
                    "none",
                    "--run",
                    "echo whole > " + (tree / "file")});
    run.Wait(std::chrono::milliseconds(milliseconds));
    run.Signal(SIGKILL);
    run.Wait();
    BOOST_REQUIRE(RunCommand({AgentboxPath(), "gc"}).Succeeded());
    const bool is_there = Exists(fs::path(LayerOf(name)).parent_path());
    if (is_there) BOOST_TEST(OutputOf("cat file", {"--template", name}) == "whole");
    CheckNothingHalfMade(name);
  }
}

BOOST_AUTO_TEST_CASE(they_are_listed) {
  const std::string name = Created("touch file; true");
  BOOST_TEST(("\n" + Template({"list", "-q"}).output).find("\n" + name + "\n") !=
             std::string::npos);
  const Outcome table = Template({"list"});
  BOOST_TEST(table.output.find(name + " ") != std::string::npos, table.output);
  BOOST_TEST(table.output.find("touch file; true") != std::string::npos, table.output);
  for (const auto& one : nlohmann::json::parse(Template({"list", "-f", "json"}).output)) {
    if (one["name"] != name) continue;
    BOOST_TEST(one["files"].get<int>() >= 2);
    BOOST_TEST(one["users"].empty());
    return;
  }
  BOOST_ERROR("not in the list");
}

BOOST_AUTO_TEST_CASE(bad_usage_is_said_in_one_line) {
  CheckFails(Template({"make", "x"}), 1, "is not one of create, list, remove");
  CheckFails(Template({"create", "x"}), 1, "expected one of --run and --from");
  CheckFails(Template({"create", "../x", "--run", "true"}), 1, "can not be named");
  CheckFails(Template({"list", "--run", "true"}), 1, "--run has no meaning here");
  const std::string name = Created("true");
  CheckFails(Template({"create", name, "--run", "touch " + (tree / "ran")}), 1, "already");
  BOOST_TEST(!Exists(tree / "ran"));
}

// A bundle's root file system, its policy, and templates under it.
struct Bundled : TemplateBox {
  Bundle bundle;

  Outcome Run(const std::string& policy, const std::string& script) {
    bundle.Policy(nlohmann::json::parse(policy));
    return bundle.Run({"/bin/sh", "-c", script});
  }
};

BOOST_FIXTURE_TEST_CASE(a_container_starts_from_the_policys, Bundled) {
  const std::string name =
      Created("echo in > /file; rm /bin/true; echo $HOME > /home-was", {"--image", SharedRootfs()});
  BOOST_TEST(Record(name)["image"] == fs::canonical(SharedRootfs()).string());
  const Outcome outcome = Run("{\"template\": \"" + name + "\"}",
                              "cat /file /home-was; ls /bin/true; stat -c %u /file");
  BOOST_TEST(outcome.output == "in\n/root\n0\n", outcome.errors);
  BOOST_TEST(outcome.errors.find("/bin/true") != std::string::npos);
  BOOST_TEST(Run("{}", "ls /file").status != 0);
  CheckFails(Do({"true"}, {"--template", name}), 125, "containers with that root file system");
  CheckFails(Run("{\"template\": \"" + name + "\", \"rootfs\": \"engine\"}", "true"),
             1,
             "with rootfs \"engine\"");
}

BOOST_FIXTURE_TEST_CASE(an_annotation_names_one_where_the_policy_lets_it, Bundled) {
  const std::string name = Created("echo in > /file", {"--image", SharedRootfs()});
  bundle.config["annotations"]["dev.agentbox.template"] = name;
  CheckFails(Run("{}", "cat /file"), 1, "annotations.allow does not list it");
  const Outcome outcome = Run("{\"annotations\": {\"allow\": [\"template\"]}}", "cat /file");
  BOOST_TEST(outcome.output == "in\n", outcome.errors);
}

// Each system is another one in its os-release(5).
BOOST_FIXTURE_TEST_CASE(one_of_another_system_is_started_from_with_a_warning, Bundled) {
  bundle.OwnRootfs();
  const std::string release = bundle.Rootfs() + "/etc/os-release";
  fs::create_directories(fs::path(release).parent_path());
  WriteFile(release, "ID=debian\nVERSION_ID=\"12\"\n");
  const std::string name = Created("echo in > /file", {"--image", bundle.Rootfs()});
  BOOST_TEST(Record(name)["system"] == "debian 12");
  const std::string policy = "{\"template\": \"" + name + "\"}";
  const Outcome same = Run(policy, "cat /file");
  BOOST_TEST(same.output == "in\n");
  BOOST_TEST(same.errors == "");
  bundle.Delete();
  WriteFile(release, "ID=alpine\n");
  const Outcome other = Run(policy, "cat /file");
  BOOST_TEST(other.output == "in\n");
  BOOST_TEST(other.errors.find("template \"" + name +
                               "\" was made on debian 12, and lies on "
                               "alpine here") != std::string::npos,
             other.errors);
}

BOOST_FIXTURE_TEST_CASE(one_of_a_root_that_is_gone_says_what_can_be_done, Bundled) {
  bundle.OwnRootfs();
  WriteFile(bundle.Rootfs() + "/etc/os-release", "ID=debian\n");
  bundle.Args({"/bin/sh", "-c", "echo in > /file"});
  const Outcome ran = bundle.Agentbox({"run", "--keep", "--bundle", bundle.Path(), bundle.Id()});
  BOOST_TEST_REQUIRE(ran.status == 0, ran.errors);
  // As an engine does with what it has mounted for a container.
  fs::rename(bundle.Rootfs(), bundle.Directory() + "/image");
  const std::string name = Name();
  const Outcome made = bundle.Agentbox({"template", "create", name, "--from", bundle.Id()});
  BOOST_TEST_REQUIRE(made.status == 0, made.errors);
  BOOST_TEST(Record(name)["system"] == "debian");
  CheckFails(Do({"true"}, {"--template", name}), 125, "which is gone: containers with that root");
  const std::string image = bundle.Directory() + "/image";
  CheckFails(Template({"create", Name(), "--run", "true", "--template", name, "--image", image}),
             1,
             "agentbox template import NEW FILE --image " + image);
  // What is advised there.
  const std::string archive = bundle.Directory() + "/layer.tar";
  BOOST_TEST(Template({"export", name, archive}).status == 0);
  const std::string other = Name();
  const Outcome imported = Template({"import", other, archive, "--image", image});
  BOOST_TEST_REQUIRE(imported.status == 0, imported.errors);
  const std::string above = Created("cat /file > /more", {"--template", other, "--image", image});
  BOOST_TEST(ReadFile(LayerOf(above) + "/more") == "in\n");
}

BOOST_FIXTURE_TEST_CASE(a_container_that_has_ended_becomes_one, Bundled) {
  const std::string below = Created("echo below > /below", {"--image", SharedRootfs()});
  bundle.Policy({{"template", below}});
  const std::string name = Name();
  const Strings from = {"create", name, "--from", bundle.Id()};
  const auto create = [&] {
    Strings words = {"template"};
    words.insert(words.end(), from.begin(), from.end());
    return bundle.Agentbox(words);
  };
  bundle.Args({"/bin/sh", "-c", "cat /below > /above"});
  const Outcome ran = bundle.Agentbox({"run", "--keep", "--bundle", bundle.Path(), bundle.Id()});
  BOOST_TEST_REQUIRE(ran.status == 0, ran.errors);
  const Outcome made = create();
  BOOST_TEST_REQUIRE(made.status == 0, made.errors);
  BOOST_TEST(Record(name)["parent"] == below);
  CheckFails(create(), 1, "already");
  bundle.Delete();
  const Outcome outcome = Run("{\"template\": \"" + name + "\"}", "cat /below /above");
  BOOST_TEST(outcome.output == "below\nbelow\n", outcome.errors);
}

// Of what a sandbox wrote to its working directory, seen where that is part of the root file
// system.
BOOST_FIXTURE_TEST_CASE(a_review_becomes_one, Changed) {
  WriteFile(tree / ".env", "secret");
  const std::string review = NewId();
  const Outcome written = RunCommand({AgentboxPath(),
                                      "do",
                                      "-q",
                                      "--network",
                                      "none",
                                      "--name",
                                      review,
                                      "--",
                                      "sh",
                                      "-ec",
                                      "mv moved away; rm gone; echo new > new; chown 1234 owned; "
                                      "rm -r full; mkdir full; echo in > full/new"},
                                     {.directory = tree.Path()});
  BOOST_TEST_REQUIRE(written.status == 0, written.errors);
  const std::string name = Name();
  const Outcome made = Template({"create", name, "--from", review});
  BOOST_TEST_REQUIRE(made.status == 0, made.errors);
  BOOST_TEST(!Exists(kReviews + review));
  BOOST_TEST(!Exists(LayerOf(name) + tree.Path() + "/.env"));
  BOOST_TEST(OutputOf("find . ! -type d | sort; cat away/inner new; stat -c %u owned",
                      {"--template", name}) ==
             "./away/inner\n./full/new\n./kept\n./new\n./owned\nhost'snew\n1234");
  BOOST_TEST(Exists(tree / "gone"));
  CheckFails(Template({"create", Name(), "--from", review}), 1, "neither a container nor a review");
}

// What its layer would lie on is gone when all else is done: the container keeps it.
BOOST_FIXTURE_TEST_CASE(a_container_keeps_its_layer_if_no_template_comes_of_it, Bundled) {
  const std::string below = Created("echo below > /below", {"--image", SharedRootfs()});
  bundle.Policy({{"template", below}});
  bundle.Args({"/bin/sh", "-c", "echo above > /above"});
  const Outcome ran = bundle.Agentbox({"run", "--keep", "--bundle", bundle.Path(), bundle.Id()});
  BOOST_TEST_REQUIRE(ran.status == 0, ran.errors);
  const fs::path record = fs::path(LayerOf(below)).parent_path() / "template.json";
  const std::string text = ReadFile(record);
  fs::remove(record);
  const std::string name = Name();
  const Strings create = {"template", "create", name, "--from", bundle.Id()};
  CheckFails(bundle.Agentbox(create), 1, "there is no template");
  WriteFile(record, text);
  const Outcome made = bundle.Agentbox(create);
  BOOST_TEST(made.status == 0, made.errors);
  BOOST_TEST(ReadFile(LayerOf(name) + "/above") == "above\n");
}

BOOST_FIXTURE_TEST_CASE(one_that_runs_does_not, Bundled) {
  bundle.Args({"/bin/sh", "-c", "while :; do sleep 0.05; done"});
  bundle.Launch();
  CheckFails(
      bundle.Agentbox({"template", "create", Name(), "--from", bundle.Id()}), 1, "has not ended");
  bundle.Delete();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
