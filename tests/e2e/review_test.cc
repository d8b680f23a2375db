// Layers that are kept: by `agentbox do`, and how they are listed and discarded.
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "support/do_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Strings = std::vector<std::string>;

Outcome Agentbox(const Strings& args) {
  Strings all = {AgentboxPath()};
  all.insert(all.end(), args.begin(), args.end());
  return RunCommand(all);
}

// The reviews of this process's sandboxes, as `changes` lists them.
json Waiting() {
  json own = json::array();
  const Outcome outcome = Agentbox({"changes", "--format", "json"});
  BOOST_REQUIRE_MESSAGE(outcome.status == 0, outcome.errors);
  for (const json& one : json::parse(outcome.output)) {
    if (one["container"].get<std::string>().starts_with(IdPrefix())) own.push_back(one);
  }
  return own;
}

std::string OnlyName() {
  const json waiting = Waiting();
  BOOST_REQUIRE(waiting.size() == 1U);
  return waiting[0]["name"];
}

std::string LayerOf(const std::string& name) {
  return kReviews + name + "/mount-0/upper";
}

void Discard(const std::string& name) {
  const Outcome outcome = Agentbox({"discard", name});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(outcome.output == "discarded " + name + "\n");
}

struct Reviewing : DoBox {
  // What a case leaves, when it fails, is not to be found by the next.
  ~Reviewing() { DiscardReviews(); }

  // For review, of a script that succeeds.
  void Review(const std::string& script, const CommandOptions& how = {}) const {
    OutputOf(script, {"--review"}, how);
  }
};

// One of the kernel's has another value meanwhile.
class Parameter {
 public:
  Parameter(std::string path, const std::string& value)
      : path_(std::move(path)), before_(ReadFile(path_)) {
    WriteFile(path_, value);
  }
  Parameter(const Parameter&) = delete;
  Parameter& operator=(const Parameter&) = delete;
  ~Parameter() { WriteFile(path_, before_); }

 private:
  std::string path_;
  std::string before_;
};

BOOST_FIXTURE_TEST_SUITE(review, Reviewing)

BOOST_AUTO_TEST_CASE(by_default_writes_to_the_working_directory_wait_for_review) {
  WriteFile(tree / "kept", "host");
  WriteFile(tree / "deleted", "host");
  const std::string id = NewId();
  const Outcome outcome = RunCommand({AgentboxPath(),
                                      "do",
                                      "--name",
                                      id,
                                      "--network",
                                      "none",
                                      "--",
                                      "sh",
                                      "-c",
                                      "echo in > kept; mkdir added; echo in > added/one; : > "
                                      "added/two; rm deleted; ls; "
                                      "echo x > /etc/" +
                                          Own("file")},
                                     {.directory = tree.Path()});
  BOOST_TEST(outcome.output == "added\nkept\n", outcome.errors);
  BOOST_TEST(outcome.errors.find("agentbox: note: 5 changes wait for review: agentbox diff " + id +
                                 ", agentbox apply " + id + ", agentbox discard " + id + "\n") !=
                 std::string::npos,
             outcome.errors);
  BOOST_TEST(ReadFile(tree / "kept") == "host");
  BOOST_TEST(Exists(tree / "deleted"));
  BOOST_TEST(!Exists(tree / "added"));
  BOOST_TEST(ReadFile(LayerOf(id) + "/kept") == "in\n");
  BOOST_TEST(!Exists(kReviews + id + "/mount-1"));

  const json waiting = Waiting();
  BOOST_REQUIRE(waiting.size() == 1U);
  BOOST_TEST(waiting[0]["name"] == id);
  BOOST_TEST(waiting[0]["trees"][0]["source"] == tree.Path());
  BOOST_TEST(waiting[0]["command"][0] == "sh");
  BOOST_TEST(waiting[0]["isRunning"] == false);
  BOOST_TEST(waiting[0]["size"].get<int>() > 0);
  const std::string table = Agentbox({"changes"}).output;
  BOOST_TEST(table.find(id + "   waiting ") != std::string::npos, table);
  BOOST_TEST(table.find(tree.Path()) != std::string::npos, table);
  Discard(id);
  BOOST_TEST(!Exists(kReviews + id));
  BOOST_TEST(Waiting().empty());
  CheckFails(Agentbox({"discard", id}), 1, "there is no review");
}

BOOST_AUTO_TEST_CASE(where_nothing_is_changed_nothing_is_left) {
  fs::create_directories(tree / "sub/deep");
  WriteFile(tree / "sub/deep/file", "host");
  Review(
      "ls -lR; cat sub/deep/file; touch sub/deep/new sub/new; rm sub/deep/new sub/new; "
      "mkdir -p a/b; rmdir -p a/b");
  BOOST_TEST(Waiting().empty());
  const Outcome noted =
      RunCommand({AgentboxPath(), "do", "--name", NewId(), "--network", "none", "true"},
                 {.directory = tree.Path()});
  BOOST_TEST(noted.errors.find("review") == std::string::npos, noted.errors);
}

BOOST_AUTO_TEST_CASE(whatever_is_changed_is_kept) {
  fs::create_directories(tree / "sub/deep");
  WriteFile(tree / "sub/deep/file", "host");
  for (const char* script : {"rm sub/deep/file",
                             "rm -r sub; mkdir sub",
                             "mkdir empty",
                             "mv sub other",
                             "chmod 700 sub/deep",
                             "chown 5 sub",
                             "chmod 711 .",
                             "ln -s x link",
                             "echo >> sub/deep/file"}) {
    Review(script);
    BOOST_TEST(Waiting().size() == 1U, script);
    if (Waiting().size() == 1) Discard(OnlyName());
  }
}

BOOST_AUTO_TEST_CASE(a_mode_is_given_by_option_and_by_the_policy) {
  const auto layers_after = [this](const Strings& options, const std::string& policy) {
    WriteFile(tree / "policy.json", policy);
    Strings args = {AgentboxPath(), "do", "-q", "--network", "none", "--name", NewId()};
    args.insert(args.end(), options.begin(), options.end());
    args.insert(args.end(), {"--policy", tree / "policy.json", "sh", "-c", "echo x > made; true"});
    const Outcome outcome = RunCommand(args, {.directory = tree.Path()});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    const std::size_t count = Waiting().size();
    for (const json& one : Waiting())
      Discard(one["name"]);
    return count;
  };
  BOOST_TEST(layers_after({}, "{}") == 1U);
  BOOST_TEST(layers_after({}, R"({"do": {"workspace": "review"}})") == 1U);
  BOOST_TEST(layers_after({}, R"({"do": {"workspace": "throwaway"}})") == 0U);
  BOOST_TEST(layers_after({"--review"}, R"({"do": {"workspace": "throwaway"}})") == 1U);
  BOOST_TEST(layers_after({"--throwaway"}, "{}") == 0U);
  BOOST_TEST(layers_after({"--readonly"}, "{}") == 0U);
  BOOST_TEST(!Exists(tree / "made"));
  BOOST_TEST(layers_after({}, R"({"do": {"workspace": "direct"}})") == 0U);
  BOOST_TEST(Exists(tree / "made"));
  CheckFails(Do({"true"}, {"--review", "--direct"}), 125, "exclude each other");
}

BOOST_AUTO_TEST_CASE(names_are_words_unless_one_is_given) {
  const Outcome outcome = RunCommand({AgentboxPath(), "do", "--network", "none", "touch", "new"},
                                     {.directory = tree.Path()});
  const auto at = outcome.errors.find("agentbox discard ");
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, outcome.errors);
  const std::string name = Chomp(outcome.errors.substr(at + 17));
  BOOST_TEST(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-0123456789") == std::string::npos);
  BOOST_TEST(name.find('-') != std::string::npos);
  BOOST_TEST(ReadFile(kReviews + name + "/review.json").find(tree.Path()) != std::string::npos);
  Discard(name);
}

BOOST_AUTO_TEST_CASE(without_a_name_the_review_of_the_directory_is_meant) {
  Review("touch new");
  const std::string name = OnlyName();
  const Outcome outcome = RunCommand({AgentboxPath(), "discard"}, {.directory = tree.Path()});
  BOOST_TEST(outcome.output == "discarded " + name + "\n", outcome.errors);
  CheckFails(
      RunCommand({AgentboxPath(), "discard"}, {.directory = tree.Path()}), 1, "waits for review");
}

BOOST_AUTO_TEST_CASE(a_name_that_there_is_not_means_no_other_review) {
  Review("touch new");
  const std::string name = OnlyName();
  // Where a command without a name would find the only review.
  const auto run = [this](const Strings& args) {
    Strings all = {AgentboxPath()};
    all.insert(all.end(), args.begin(), args.end());
    return RunCommand(all, {.directory = tree.Path()});
  };
  const std::string message = "there is no review \"" + name + "r\"";
  for (const char* const command : {"discard", "reset"})
    CheckFails(run({command, name + "r"}), 1, message);
  CheckFails(run({"discard", ""}), 1, "a NAME is empty");
  for (const char* const command : {"diff", "apply"})
    CheckFails(run({command, ""}), 1, "a NAME or PATH is empty");
  BOOST_TEST(Exists(LayerOf(name) + "/new"));
  // Of several names those that are right are done.
  const Outcome outcome = run({"discard", name + "r", name});
  CheckFails(outcome, 1, message);
  BOOST_TEST(outcome.output == "discarded " + name + "\n");
  BOOST_TEST(Waiting().empty());
}

BOOST_AUTO_TEST_CASE(two_sandboxes_of_one_tree_have_two_layers) {
  const Background first(Command({"--review", "-C", tree.Path()},
                                 {"sh", "-c", "echo 1 > file; touch first; sleep 1000"}));
  const Background second(Command({"--review", "-C", tree.Path()},
                                  {"sh", "-c", "echo 2 > file; touch second; sleep 1000"}));
  const auto both_wrote = [] {
    std::string found;
    for (const json& one : Waiting())
      found += ReadFile(LayerOf(one["name"]) + "/file");
    return found == "1\n2\n" || found == "2\n1\n";
  };
  BOOST_TEST(Eventually(both_wrote));
  const json waiting = Waiting();
  BOOST_REQUIRE(waiting.size() == 2U);
  for (const json& one : waiting) {
    const std::string layer = LayerOf(one["name"]);
    BOOST_TEST(one["isRunning"] == true);
    BOOST_TEST(Eventually([&] { return Exists(layer + "/first") || Exists(layer + "/second"); }));
    BOOST_TEST(Exists(layer + "/first") != Exists(layer + "/second"));
  }
  BOOST_TEST(!Exists(tree / "file"));
}

BOOST_AUTO_TEST_CASE(the_layer_of_a_sandbox_that_runs_is_left_alone) {
  Background run(Command({"--review", "-C", tree.Path()}, {"sh", "-c", "touch new; sleep 1000"}));
  BOOST_REQUIRE(Eventually(
      [] { return Waiting().size() == 1 && Exists(LayerOf(Waiting()[0]["name"]) + "/new"); }));
  const std::string name = OnlyName();
  CheckFails(Agentbox({"discard", name}), 1, "runs, and the layer of a mounted overlay can not be");
  CheckFails(Agentbox({"reset", name}), 1, "runs, and the layer of a mounted overlay can not be");
  BOOST_TEST(Agentbox({"discard", "--all"}).output.find(name) == std::string::npos);
  BOOST_TEST(Exists(LayerOf(name) + "/new"));
  run.Signal(SIGTERM);
  BOOST_TEST(run.Wait() == 128 + SIGTERM);
  CheckFails(Agentbox({"reset", name}), 1, "its sandbox has ended");
  Discard(name);
}

// With what was written, whatever is killed, and whatever cleans up after it.
BOOST_AUTO_TEST_CASE(a_layer_outlives_do_that_is_killed) {
  Background run(Command({"--review", "-C", tree.Path()},
                         {"sh", "-c", "echo precious > new; echo ready > /dev/null; sleep 1000"}));
  BOOST_REQUIRE(Eventually([] {
    const json waiting = Waiting();
    return waiting.size() == 1 && ReadFile(LayerOf(waiting[0]["name"]) + "/new") == "precious\n";
  }));
  const std::string name = OnlyName();
  run.Signal(SIGKILL);
  BOOST_TEST(run.Wait() == 128 + SIGKILL);
  const auto has_ended = [] { return Waiting()[0]["isRunning"] == false; };
  BOOST_TEST(Eventually(has_ended));
  BOOST_TEST(Agentbox({"gc"}).status == 0);
  BOOST_TEST(ReadFile(LayerOf(name) + "/new") == "precious\n");
  Discard(name);
}

BOOST_AUTO_TEST_CASE(one_whose_record_is_damaged_hides_no_other) {
  Review("touch new");
  const std::string damaged = OnlyName();
  const std::string record = kReviews + damaged + "/review.json";
  WriteFile(record, "{");
  Review("touch new");
  const std::string other = OnlyName();
  const Outcome listed = Agentbox({"changes"});
  BOOST_TEST(listed.status == 0);
  BOOST_TEST(listed.errors.find(damaged + ": review.json: ") != std::string::npos, listed.errors);
  const Outcome collected = Agentbox({"gc"});
  BOOST_TEST(collected.status == 0, collected.errors);
  BOOST_TEST(Agentbox({"discard", "--all"}).errors.find("agentbox discard " + damaged) !=
             std::string::npos);
  BOOST_TEST(!Exists(kReviews + other));
  BOOST_TEST(Exists(LayerOf(damaged)));
  const Outcome discarded = Agentbox({"discard", damaged});
  BOOST_TEST(discarded.output == "discarded " + damaged + "\n");
  BOOST_TEST(discarded.errors == "");
  BOOST_TEST(!Exists(kReviews + damaged));
}

// Whether anything is changed can not be told then.
BOOST_AUTO_TEST_CASE(what_can_not_be_compared_is_kept) {
  for (const char* const name : {"gone", "whole"})
    fs::create_directory(tree / name);
  OutputOf("touch new", {"--review", "-C", tree / "gone"});
  const std::string without_tree = OnlyName();
  fs::remove(tree / "gone");
  OutputOf("mkdir directory", {"--review", "-C", tree / "whole"});
  for (const json& one : Waiting()) {
    if (one["name"] == without_tree) continue;
    const std::string directory = LayerOf(one["name"]) + "/directory";
    BOOST_TEST(::setxattr(directory.c_str(), "trusted.overlay.redirect", "..", 2, 0) == 0);
  }
  BOOST_TEST(Agentbox({"gc"}).status == 0);
  BOOST_TEST(Waiting().size() == 2U);
}

BOOST_AUTO_TEST_CASE(at_whatever_moment_do_is_killed_only_what_it_wrote_is_left) {
  for (int milliseconds = 0; milliseconds < 40; milliseconds += 2) {
    Background run(Command({"--review", "-C", tree.Path()}, {"sleep", "1000"}));
    BOOST_REQUIRE(run.Wait(std::chrono::milliseconds(milliseconds)) == -1);
    run.Signal(SIGKILL);
    BOOST_REQUIRE(run.Wait() == 128 + SIGKILL);
    // What was made before there was a container to know it is for `gc` to find.
    BOOST_REQUIRE(Eventually([] {
      Agentbox({"gc"});
      return Leftovers().empty();
    }));
  }
}

// The directories that a layer begins with are those of the real tree.
BOOST_AUTO_TEST_CASE(attributes_and_lists_of_the_tree_are_those_of_the_layer) {
  const std::string sub = tree / "sub";
  fs::create_directories(sub);
  WriteFile(sub + "/secret", "");
  BOOST_REQUIRE(RunCommand({"python3",
                            "-c",
                            "import os, struct, sys\n"
                            "none = 0xffffffff\n"
                            "entries = [(1, 7, none), (2, 6, 5), (4, 5, none), (16, 7, none), "
                            "(32, 5, none)]\n"
                            "acl = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *e) for e "
                            "in entries)\n"
                            "for path in sys.argv[1:]:\n"
                            "  os.setxattr(path, 'user.mark', b'm')\n"
                            "  os.setxattr(path, 'system.posix_acl_access', acl)\n",
                            tree.Path(),
                            sub})
                    .Succeeded());
  const std::string seen = OutputOf(
      "python3 -c \"import os, struct\n"
      "for path in ('.', 'sub'):\n"
      "  acl = os.getxattr(path, 'system.posix_acl_access')\n"
      "  print(os.getxattr(path, 'user.mark').decode(), struct.unpack_from('<HHI', acl, 12))\n"
      "print(os.listdir('sub'))\"",
      {"--review", "--hide", sub + "/secret"});
  BOOST_TEST(seen == "m (2, 6, 5)\nm (2, 6, 5)\n[]");
  BOOST_TEST(Waiting().empty());
  // And one that it sets is a change, be it the only one.
  OutputOf("python3 -c \"import os; os.setxattr('.', 'user.x', b'1')\"",
           {"--review", "--profile", "engine"});
  BOOST_TEST(Waiting().size() == 1U);
}

// Whatever the host's overlays do by default.
BOOST_AUTO_TEST_CASE(a_file_of_which_the_mode_was_changed_is_in_the_layer_whole) {
  WriteFile(tree / "file", "host");
  {
    const Parameter metacopy("/sys/module/overlay/parameters/metacopy", "Y");
    Review("chmod 600 file");
  }
  BOOST_TEST(ReadFile(LayerOf(OnlyName()) + "/file") == "host");
}

// Only what is thrown away may be lost when the machine stops.
BOOST_AUTO_TEST_CASE(a_layer_that_is_kept_is_not_volatile) {
  const std::string mounts = OutputOf("awk '$5 == \"/\" || $5 == \"" + tree.Path() +
                                          "\" {print $5, /volatile/}' /proc/self/mountinfo",
                                      {"--review"});
  BOOST_TEST(mounts == "/ 1\n" + tree.Path() + " 0");
}

BOOST_AUTO_TEST_CASE(what_is_hidden_is_no_change) {
  const std::string home = tree / "home";
  fs::create_directories(home + "/.ssh");
  fs::create_directories(home + "/keys/gpg");
  WriteFile(home + "/.netrc", "secret");
  fs::create_symlink("keys/gpg", home + "/.gnupg");
  const CommandOptions how = {.environment = {"HOME=" + home}};
  const auto in_home = [&](const std::string& script) {
    OutputOf("cd " + home + "; " + script, {"--review", "-C", home}, how);
  };
  in_home("ls -A . keys; test ! -e .netrc");
  BOOST_TEST(Waiting().empty());
  in_home("echo mine > .netrc");
  const std::string name = OnlyName();
  BOOST_TEST(ReadFile(LayerOf(name) + "/.netrc") == "mine\n");
  const json record = json::parse(ReadFile(kReviews + name + "/review.json"));
  const Strings hidden = record["mounts"][0]["hidden"];
  // A symlink, and what it leads to.
  for (const char* path : {".ssh", ".netrc", ".gnupg", "keys/gpg"})
    BOOST_TEST(std::ranges::count(hidden, path) == 1, path);
  Discard(name);
}

BOOST_AUTO_TEST_CASE(the_record_has_the_real_tree_the_time_and_the_ids) {
  struct timespec before = {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &before);
  const std::string link = tree / "link";
  fs::create_directories(tree / "real");
  fs::create_directory_symlink("real", link);
  OutputOf("echo x > file", {"--review", "-C", link});
  const std::string name = OnlyName();
  const json record = json::parse(ReadFile(kReviews + name + "/review.json"));
  BOOST_TEST(record["mounts"][0]["source"] == tree / "real");
  BOOST_TEST(record["started"].get<long long>() >=
             before.tv_sec * 1'000'000'000LL + before.tv_nsec);
  BOOST_TEST(record["usesUserXattrs"] == false);
  struct stat status = {};
  BOOST_REQUIRE(::stat((LayerOf(name) + "/file").c_str(), &status) == 0);
  BOOST_TEST(record["uidMap"][0]["host"] == status.st_uid);
  BOOST_TEST(status.st_uid != 0U);
  Discard(name);
}

BOOST_AUTO_TEST_CASE(in_the_root_directory_nothing_is_kept_and_that_is_said) {
  const Outcome outcome = RunCommand(
      {AgentboxPath(), "do", "--name", NewId(), "--network", "none", "touch", "/agentbox-test"},
      {.directory = "/"});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(outcome.errors.find("what is written here is thrown away") != std::string::npos);
  BOOST_TEST(Waiting().empty());
  BOOST_TEST(!Exists("/agentbox-test"));
}

BOOST_AUTO_TEST_CASE(behind_sudo_the_layer_is_roots_and_the_note_says_so) {
  fs::permissions(tree.Path(), fs::perms(0777));
  const Outcome outcome = RunCommand(
      {AgentboxPath(), "do", "--name", NewId(), "--network", "none", "touch", "new"},
      {.environment = {"SUDO_UID=1", "SUDO_GID=1", "SUDO_USER=daemon"}, .directory = tree.Path()});
  const std::string name = OnlyName();
  BOOST_TEST(outcome.errors.find("sudo agentbox apply " + name) != std::string::npos,
             outcome.errors);
  Discard(name);
}

void CheckUser(const User& user, const Tree& tree) {
  const std::string program = tree / "agentbox";
  fs::copy_file(AgentboxPath(), program);
  fs::permissions(program, fs::perms(0755));
  const std::string id = NewId();
  const auto output = [&user](const std::string& command) {
    const Outcome outcome = user.Run(command);
    BOOST_TEST(outcome.status == 0, outcome.errors);
    return Chomp(outcome.output);
  };
  const std::string run = program + " do -q --network none --name " + id + " ";
  output("mkdir work; echo host > work/file");
  BOOST_TEST(output("cd work; " + run + "ls") == "file");
  BOOST_TEST(output(program + " changes -q").empty());
  output("cd work; " + run + "sh -c 'echo in > file; mkdir -m 700 private; echo x > ~/elsewhere'");
  BOOST_TEST(output("cat work/file; ls work; test ! -e elsewhere") == "host\nfile");
  BOOST_TEST(output(program + " changes -q") == id);
  const std::string layer = ".local/share/agentbox/@reviews/" + id + "/mount-0/upper";
  BOOST_TEST(output("cat " + layer + "/file; stat -c %U " + layer + "/file") ==
             "in\n" + user.Name());
  BOOST_TEST(output("cd work; " + program + " discard") == "discarded " + id);
  BOOST_TEST(output("ls -A .local/share/agentbox/@reviews").empty());
}

BOOST_AUTO_TEST_CASE(a_user_with_subordinate_ids_reviews_without_root) {
  const User user;
  CheckUser(user, tree);
}

BOOST_AUTO_TEST_CASE(a_user_without_subordinate_ids_reviews_too) {
  const User user({"-r"});
  CheckUser(user, tree);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
