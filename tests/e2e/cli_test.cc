// Command lines, and what commands say of the world: as users of runc and crun know it.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

// `agentbox ARGS...` by a shell that has done `before`, in the same process.
Outcome RunAfter(const Bundle& bundle,
                 const std::string& before,
                 const std::vector<std::string>& args) {
  bundle.WriteConfig();
  std::vector<std::string> words = {
      "/bin/sh", "-c", before + "; exec \"$0\" \"$@\"", AgentboxPath(), "--root", bundle.Root()};
  words.insert(words.end(), args.begin(), args.end());
  return RunCommand(words);
}

// The host id of the container's root, by its own uid_map.
std::string RangeOf(const Bundle& bundle) {
  return bundle.ExecOutputOf({"/bin/sh", "-c", "set -- $(cat /proc/self/uid_map); echo $2 $3"});
}

BOOST_FIXTURE_TEST_SUITE(cli, Box)

BOOST_AUTO_TEST_CASE(usage_errors_are_one_line_with_a_hint_and_status_1) {
  CheckFails(
      bundle.Agentbox({"craete", "x"}), 1, "unknown command \"craete\": did you mean create?");
  CheckFails(bundle.Agentbox({"--bogus", "list"}), 1, "unknown option --bogus: --help lists");
  CheckFails(bundle.Agentbox({"list", "--qiet"}), 1, "list: unknown option --qiet: did you mean");
  CheckFails(bundle.Agentbox({"list", "extra"}), 1, "list: unexpected \"extra\": usage: agentbox");
  CheckFails(bundle.Agentbox({"state"}), 1, "state: too few arguments: usage: agentbox state");
  CheckFails(bundle.Agentbox({"list", "--format", "xml"}), 1, "\"xml\" is none of: table, json");
  CheckFails(bundle.Agentbox({"create", "--preserve-fds", "x", "c"}), 1, "is not a number");
  CheckFails(
      bundle.Agentbox({"exec", "--user", "1000x", bundle.Id(), "true"}), 1, "--user: \"1000x\"");
  CheckFails(bundle.Agentbox({"exec", "--user", "4294967295", bundle.Id(), "true"}), 1, "--user");
  CheckFails(bundle.Agentbox({"do", "--network", "moon", "true"}), 125, "\"moon\" is none of");
}

BOOST_AUTO_TEST_CASE(every_command_has_help) {
  const std::string help = bundle.Agentbox({"--help"}).output;
  BOOST_TEST(help.starts_with("Usage: agentbox"));
  for (const std::string command : {"do", "create", "exec", "update", "gc", "completion"}) {
    const Outcome outcome = bundle.Agentbox({command, "--help"});
    BOOST_TEST(outcome.status == 0);
    BOOST_TEST(outcome.output.starts_with("Usage: agentbox " + command));
    BOOST_TEST(outcome.output.find("Example:\n") != std::string::npos);
    BOOST_TEST(bundle.Agentbox({"help", command}).output == outcome.output);
  }
}

BOOST_AUTO_TEST_CASE(a_full_standard_output_is_an_error) {
  const Outcome outcome = RunCommand({AgentboxPath(), "--help"}, {.output_file = "/dev/full"});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.errors.find("ENOSPC") != std::string::npos, outcome.errors);
}

BOOST_AUTO_TEST_CASE(a_relative_root_is_of_the_working_directory) {
  bundle.WriteConfig();
  const Outcome outcome =
      RunCommand({AgentboxPath(), "--root", "here", "run", "--bundle", "bundle", bundle.Id()},
                 {.directory = bundle.Directory()});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(Exists(bundle.Directory() + "/here"));
}

BOOST_AUTO_TEST_CASE(closed_standard_streams_do_not_become_files_of_ours) {
  bundle.Args({"/bin/true"});
  const Outcome outcome =
      RunAfter(bundle,
               "exec <&- >&-",
               {"--log", bundle.Directory() + "/log", "run", "-b", bundle.Path(), bundle.Id()});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(ReadFile(bundle.Directory() + "/log") == "");
}

BOOST_AUTO_TEST_CASE(descriptors_that_the_caller_passes_reach_the_process_and_no_others) {
  WriteFile(bundle.Directory() + "/passed", "secret of the caller");
  const std::string open = "exec 3<" + bundle.Directory() + "/passed 4</dev/null";
  bundle.Args({"/bin/sh", "-c", "cat <&3; ls /proc/self/fd | wc -l"});
  // ls has the three streams, 3, and the directory that it reads.
  const Outcome one =
      RunAfter(bundle, open, {"run", "--preserve-fds", "1", "-b", bundle.Path(), bundle.Id()});
  BOOST_TEST(one.output == "secret of the caller5\n", one.errors);
  const Outcome none = RunAfter(bundle, open, {"run", "-b", bundle.Path(), bundle.Id()});
  BOOST_TEST(none.output == "4\n");
}

BOOST_AUTO_TEST_CASE(descriptors_that_are_not_open_can_not_be_passed) {
  const std::vector<std::string> args = {
      "run", "--preserve-fds", "2", "-b", bundle.Path(), bundle.Id()};
  CheckFails(RunAfter(bundle, "exec 3</dev/null", args), 1, "file descriptor 4 is not open");
}

BOOST_AUTO_TEST_CASE(socket_activation_is_passed_on_as_to_pid_1) {
  bundle.Args({"/bin/sh", "-c", "echo $LISTEN_FDS $LISTEN_PID; cat <&3"});
  WriteFile(bundle.Directory() + "/passed", "a socket, say");
  const std::string open =
      "exec 3<" + bundle.Directory() + "/passed; export LISTEN_FDS=1 LISTEN_PID=";
  const std::vector<std::string> args = {"run", "-b", bundle.Path(), bundle.Id()};
  BOOST_TEST(RunAfter(bundle, open + "$$", args).output == "1 1\na socket, say");
  // Meant for another process.
  bundle.Args({"/bin/sh", "-c", "echo $LISTEN_FDS; ls /proc/self/fd | wc -l"});
  BOOST_TEST(RunAfter(bundle, open + "1", args).output == "\n4\n");
}

BOOST_AUTO_TEST_CASE(update_changes_limits_by_options_and_by_a_file) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const auto pids_limit = [this] {
    return json::parse(bundle.Command("events", {"--stats"}).output)["data"]["pids"]["limit"];
  };
  BOOST_TEST(bundle.Command("update", {"--pids-limit", "50"}).status == 0);
  BOOST_TEST(pids_limit() == 50);
  const Outcome by_file = bundle.Agentbox({"update", "--resources", "-", bundle.Id()},
                                          {.input = R"({"pids": {"limit": 60}})"});
  BOOST_TEST(by_file.status == 0, by_file.errors);
  BOOST_TEST(pids_limit() == 60);
  CheckFails(bundle.Command("update", {"--memory", "lots"}), 1, "--memory: \"lots\" is not a size");
  CheckFails(bundle.Agentbox({"update", "-r", "-", bundle.Id()}, {.input = R"({"pids": 1})"}),
             1,
             "pids: expected");
}

BOOST_AUTO_TEST_CASE(stats_have_runcs_members) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const Outcome outcome = bundle.Command("events", {"--stats"});
  const json event = json::parse(outcome.output);
  BOOST_TEST(event["type"] == "stats");
  BOOST_TEST(event["id"] == bundle.Id());
  BOOST_TEST(event["data"]["pids"]["current"] == 1);
  BOOST_TEST(event["data"]["memory"]["usage"]["usage"].get<std::uint64_t>() > 0);
  BOOST_TEST(event["data"]["cpu"]["usage"]["total"].get<std::uint64_t>() > 0);
}

BOOST_AUTO_TEST_CASE(events_come_in_intervals_until_the_container_ends) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const std::string output = bundle.Directory() + "/events";
  Background events(
      {AgentboxPath(), "--root", bundle.Root(), "events", "--interval", "20ms", bundle.Id()},
      output);
  BOOST_TEST(Eventually([&output] {
    const std::string text = ReadFile(output);
    return std::ranges::count(text, '\n') >= 2;
  }));
  BOOST_TEST(bundle.Command("kill", {}, {"9"}).status == 0);
  BOOST_TEST(events.Wait() == 0);
  CheckFails(bundle.Command("events"), 1, "container not running");
}

BOOST_AUTO_TEST_CASE(a_process_killed_for_want_of_memory_is_an_event) {
  bundle.config["linux"]["resources"]["memory"]["limit"] = 32 << 20;
  // It waits for a word before a child of it takes more than there is.
  bundle.Args({"/bin/sh",
               "-c",
               "until test -e /tmp/go; do sleep 0.01; done; "
               "tail -c 67108864 /dev/zero >/dev/null; sleep 1000"});
  bundle.Launch();
  const std::string output = bundle.Directory() + "/events";
  Background events(
      {AgentboxPath(), "--root", bundle.Root(), "events", "--interval", "20ms", bundle.Id()},
      output);
  // The watch is there once the first stats are.
  BOOST_TEST(Eventually([&output] { return !ReadFile(output).empty(); }));
  BOOST_TEST(bundle.Exec({"/bin/touch", "/tmp/go"}).status == 0);
  BOOST_TEST(Eventually([&output, this] {
    return ReadFile(output).find(R"({"type":"oom","id":")" + bundle.Id() + "\"}") !=
           std::string::npos;
  }));
}

BOOST_AUTO_TEST_CASE(each_container_has_a_range_of_ids_of_its_own) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  Bundle other({"/bin/sleep", "1000"});
  other.Launch();
  BOOST_TEST(RangeOf(bundle) != RangeOf(other));
  BOOST_TEST(RangeOf(bundle).ends_with(" 65536"));
  BOOST_TEST(!RangeOf(bundle).starts_with("0 "));
}

BOOST_AUTO_TEST_CASE(gc_removes_what_no_container_owns_and_nothing_else) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  // What killed commands leave: a state directory without a state, a record of a vanished owner.
  const std::string half_made = NewId();
  std::filesystem::create_directory(bundle.Root() + "/" + half_made);
  const std::string record = "/run/agentbox/@ids/3000000000";
  std::filesystem::create_symlink(bundle.Root() + "/" + NewId(), record);
  const Outcome outcome = bundle.Agentbox({"gc"});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(outcome.output.find("removed container " + half_made + "\n") != std::string::npos);
  BOOST_TEST(outcome.output.find("removed id range 3000000000\n") != std::string::npos);
  BOOST_TEST(!Exists(bundle.Root() + "/" + half_made));
  BOOST_TEST(!Exists(record));
  BOOST_TEST(bundle.Status() == "running");
}

BOOST_AUTO_TEST_CASE(plan_as_json_names_the_entry_of_each_step) {
  bundle.WriteConfig();
  const json plan = json::parse(bundle.Agentbox({"plan", "--json", bundle.Path()}).output);
  BOOST_TEST(plan["rootfs"]["origin"] == "root");
  BOOST_TEST(plan["mounts"][0]["origin"] == "mounts[0]");
  BOOST_TEST(plan["process"]["origin"] == "process");
  for (const json& key : plan["policy"])
    BOOST_TEST(!key["origin"].get<std::string>().empty());
  BOOST_TEST(!plan["filters"].empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
