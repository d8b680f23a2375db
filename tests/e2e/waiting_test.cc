// What waits for review, in a store of the case's own: as `changes` lists it, by which words it is
// found, and after the machine was started again.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "support/do_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Strings = std::vector<std::string>;

struct Waiting : Box {
  Waiting() {
    const json text = {{"scratch", {{"directory", store.Path()}}},
                       {"mounts", {{{"destination", "/work"}, {"mode", "review"}}}}};
    WriteFile(policy, text.dump());
    bundle.Volume("/work", tree.Path());
  }

  // agentbox --root ROOT --policy POLICY WORDS..., from where no review is of.
  Outcome Agentbox(const Strings& words, const std::string& directory = "/usr") const {
    Strings args = {"--policy", policy};
    args.insert(args.end(), words.begin(), words.end());
    return bundle.Agentbox(args, {.directory = directory});
  }

  std::string OutputOf(const Strings& words) const {
    const Outcome outcome = Agentbox(words);
    BOOST_TEST(outcome.status == 0, outcome.errors);
    BOOST_TEST(outcome.errors == "");
    return outcome.output;
  }

  // By `do`, of `command`, in the tree.
  std::string Review(const std::string& name, const Strings& command) const {
    Strings words = {"do", "--review", "-q", "--network", "none", "--name", name, "--"};
    words.insert(words.end(), command.begin(), command.end());
    const Outcome outcome = Agentbox(words, tree.Path());
    BOOST_TEST(outcome.status == 0, outcome.errors);
    return name;
  }

  // By an engine, which names its containers so, of a script that writes to /work.
  void RunAs(const std::string& id, const std::string& script) {
    bundle.Args({"/bin/sh", "-c", script});
    const Outcome outcome = Agentbox({"run", "--bundle", bundle.Path(), id});
    BOOST_TEST(outcome.status == 0, outcome.errors);
  }

  std::string DirectoryOf(const std::string& name) const { return store / ("@reviews/" + name); }

  // As if the review had begun `seconds` ago.
  void BeginAgo(const std::string& name, std::int64_t seconds) const {
    const std::string path = DirectoryOf(name) + "/review.json";
    json record = json::parse(ReadFile(path));
    record["started"] = (std::int64_t{::time(nullptr)} - seconds) * 1'000'000'000;
    WriteFile(path, record.dump());
  }

  // The columns of the only row of the table, without the blanks between; the first row is of the
  // headings.
  Strings Row() const {
    std::istringstream lines(OutputOf({"changes"}));
    std::string heading;
    std::string row;
    std::getline(lines, heading);
    std::getline(lines, row);
    BOOST_TEST(lines.peek() == std::istringstream::traits_type::eof());
    Strings columns;
    for (const std::string name : {"NAME", "STATUS", "SIZE", "AGE", "COMMAND", "TREES"}) {
      const auto begin = heading.find(name);
      BOOST_REQUIRE_MESSAGE(begin != std::string::npos && begin < row.size(), heading + row);
      const std::string column = row.substr(begin);
      columns.push_back(
          column.substr(0, std::min(column.find("   "), column.find_last_not_of(' ') + 1)));
    }
    return columns;
  }

  std::string Age(const std::string& name, std::int64_t seconds) const {
    BeginAgo(name, seconds);
    return Row()[3];
  }

  Tree tree;
  Tree store{"/var/tmp"};
  std::string policy = bundle.Directory() + "/policy.json";
};

BOOST_FIXTURE_TEST_SUITE(waiting, Waiting)

BOOST_AUTO_TEST_CASE(the_table_has_the_size_on_disk_the_age_and_the_command) {
  const std::string script = "head -c 3M /dev/urandom > made; : a command longer than its column";
  const std::string name = Review(NewId(), {"sh", "-c", script});
  const Strings row = Row();
  BOOST_TEST(row[0] == name);
  BOOST_TEST(row[1] == "waiting");
  BOOST_TEST(row[2] == "3M");
  BOOST_TEST(row[4] == ("sh -c " + script).substr(0, 40) + "...");
  BOOST_TEST(row[5] == tree.Path());
  // As much older as it takes until it is asked.
  const std::string seconds = Age(name, 20);
  BOOST_TEST((seconds.ends_with('s') && std::stoi(seconds) >= 20), seconds);
  BOOST_TEST(Age(name, 90) == "1m");
  BOOST_TEST(Age(name, 59 * 60) == "59m");
  BOOST_TEST(Age(name, 3 * 3600 + 60) == "3h");
  BOOST_TEST(Age(name, 47 * 3600) == "1d");
  BOOST_TEST(Age(name, 400 * 86400) == "400d");
  // By a clock that was set back since.
  BOOST_TEST(Age(name, -1000) == "0s");
}

BOOST_AUTO_TEST_CASE(a_small_review_has_its_size_and_age_in_json) {
  const std::string name = Review(NewId(), {"sh", "-c", "mkdir d; echo x > d/made"});
  BeginAgo(name, 5000);
  const json one = json::parse(OutputOf({"changes", "--format", "json"}))[0];
  BOOST_TEST(one["age"].get<int>() >= 5000);
  BOOST_TEST(one["age"].get<int>() < 5060);
  struct stat status = {};
  BOOST_REQUIRE(::stat((DirectoryOf(name) + "/mount-0/upper/d/made").c_str(), &status) == 0);
  BOOST_TEST(one["size"].get<std::int64_t>() >= std::int64_t{status.st_blocks} * 512);
  BOOST_TEST(one["size"].get<int>() < 100'000);
  BOOST_TEST(one["command"] == json({"sh", "-c", "mkdir d; echo x > d/made"}));
}

BOOST_AUTO_TEST_CASE(the_id_of_its_container_finds_a_review) {
  const std::string first = "abcd1" + std::string(59, '0');
  const std::string second = "abcd2" + std::string(59, 'f');
  RunAs(first, "echo 1 > /work/one");
  RunAs(second, "echo 2 > /work/two");
  BOOST_TEST(OutputOf({"changes", "-q"}) == "abcd10000000\nabcd2fffffff\n");
  for (const std::size_t digits : {5U, 12U, 13U, 64U}) {
    BOOST_TEST(OutputOf({"diff", first.substr(0, digits)}) == "A  one\n");
    BOOST_TEST(OutputOf({"diff", second.substr(0, digits)}) == "A  two\n");
  }
  const std::string both =
      "several reviews are of \"abcd\": name one of abcd10000000, abcd2fffffff";
  for (const char* const command : {"diff", "apply", "discard", "reset"})
    CheckFails(Agentbox({command, "abcd"}), 1, both);
  CheckFails(Agentbox({"discard", "abc"}), 1, "there is no review \"abc\"");
  CheckFails(Agentbox({"discard", "bcd1"}), 1, "there is no review \"bcd1\"");
  CheckFails(Agentbox({"reset", first}), 1, "abcd10000000: its sandbox has ended");
  BOOST_TEST(OutputOf({"apply", first, tree / "one"}) == "1 applied\n");
  BOOST_TEST(ReadFile(tree / "one") == "1\n");
  BOOST_TEST(OutputOf({"discard", "abcd2f"}) == "discarded abcd2fffffff\n");
  BOOST_TEST(!Exists(tree / "two"));
  BOOST_TEST(OutputOf({"changes", "-q"}) == "");
}

BOOST_AUTO_TEST_CASE(so_does_the_id_of_a_sandbox_of_do) {
  const Outcome made = Agentbox({"do", "--network", "none", "touch", "new"}, tree.Path());
  BOOST_TEST(made.status == 0, made.errors);
  const json one = json::parse(OutputOf({"changes", "--format", "json"}))[0];
  const std::string id = one["container"];
  BOOST_REQUIRE(id != one["name"]);
  BOOST_TEST(OutputOf({"diff", id}) == "A  new\n");
  // Of what may as well be a path, the beginning means nothing.
  CheckFails(Agentbox({"discard", id.substr(0, 6)}), 1, "there is no review");
  BOOST_TEST(OutputOf({"discard", id}) == "discarded " + one["name"].get<std::string>() + "\n");
}

// /run is empty when a machine has started.
BOOST_AUTO_TEST_CASE(what_has_ended_is_reviewed_after_a_reboot) {
  WriteFile(tree / "changed", "host\n");
  const std::string applied = Review(NewId(), {"sh", "-c", "echo in > changed; echo in > added"});
  const std::string discarded = Review(NewId(), {"sh", "-c", "echo in > other"});
  fs::remove_all(bundle.Root());
  BOOST_TEST(OutputOf({"changes", "-q"}) == applied + "\n" + discarded + "\n");
  BOOST_TEST(OutputOf({"diff", applied}) == "A  added\nM  changed\n");
  BOOST_TEST(OutputOf({"apply", applied}) == "2 applied\n");
  BOOST_TEST(ReadFile(tree / "changed") + ReadFile(tree / "added") == "in\nin\n");
  BOOST_TEST(OutputOf({"discard", discarded}) == "discarded " + discarded + "\n");
  BOOST_TEST(OutputOf({"changes", "-q"}) == "");
}

// As by a power failure, after which nothing but the disk is left of a sandbox.
BOOST_AUTO_TEST_CASE(what_ran_until_the_machine_stopped_is_reviewed_after_the_reboot) {
  WriteFile(tree / "changed", "host\n");
  const std::string away = bundle.Directory() + "/away";
  bundle.Args({"/bin/sh", "-c", "cd /work; echo in > changed; echo in > added; exec sleep 1000"});
  BOOST_REQUIRE(Agentbox({"run", "--detach", "--bundle", bundle.Path(), bundle.Id()}).status == 0);
  const std::string& name = bundle.Id();
  BOOST_TEST(
      Eventually([&] { return ReadFile(DirectoryOf(name) + "/mount-0/upper/added") == "in\n"; }));
  BOOST_TEST(Row()[1] == "running");
  CheckFails(Agentbox({"apply", name}), 1, "runs: what it changed is applied once it has ended");
  const UniqueFd init = OpenPidfd(bundle.Pid());
  BOOST_REQUIRE(::kill(bundle.Pid(), SIGKILL) == 0);
  BOOST_REQUIRE(HasEnded(init, kDeadline));
  fs::rename(bundle.Root(), away);
  BOOST_TEST(Row()[1] == "waiting");
  // Which clears away all else that there was on disk.
  OutputOf({"gc"});
  BOOST_TEST(OutputOf({"diff", name}) == "A  added\nM  changed\n");
  BOOST_TEST(OutputOf({"apply", name, tree / "added"}).starts_with("1 applied\n"));
  BOOST_TEST(ReadFile(tree / "changed") + ReadFile(tree / "added") == "host\nin\n");
  BOOST_TEST(OutputOf({"discard", name}) == "discarded " + name + "\n");
  BOOST_TEST(!Exists(DirectoryOf(name)));
  // What else a reboot takes away, its cgroup, goes by the state.
  fs::remove_all(bundle.Root());
  fs::rename(away, bundle.Root());
  bundle.Delete();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
