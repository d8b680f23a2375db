// The entry points of published exploits (tests/guest/probe.cc): open where there is no sandbox, or
// the probe shows nothing, and closed inside.
#include <map>
#include <set>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

struct Answer {
  unsigned exploits = 0;
  std::string text;  // "open", or an errno
};
using Answers = std::map<std::string, Answer>;

Answers Read(const std::string& output) {
  Answers answers;
  std::istringstream lines(output);
  std::string name;
  Answer answer;
  while (lines >> name >> answer.exploits >> answer.text)
    answers[name] = answer;
  return answers;
}

unsigned Closed(const Answers& answers) {
  unsigned closed = 0;
  for (const auto& [name, answer] : answers) {
    if (answer.text != "open") closed += answer.exploits;
  }
  return closed;
}

std::set<std::string> Open(const Answers& answers) {
  std::set<std::string> open;
  for (const auto& [name, answer] : answers) {
    if (answer.text == "open") open.insert(name);
  }
  return open;
}

Answers OnHost() {
  return Read(RunCommand({Environment("AGENTBOX_GUEST"), "probe"}).output);
}

// A kernel may have been built without a protocol of netlink's, and iptables may not be loaded:
// there is no entry then.
bool IsAbsent(const std::string& name, const std::string& answer) {
  if (name == "iptables") return answer == "ENOPROTOOPT";
  return name.starts_with("netlink-") && answer == "EPROTONOSUPPORT";
}

// Events of user space, to who has no capability on the host: Debian's kernels refuse them too.
bool HasPerfEvents() {
  return std::stoi(ReadFile("/proc/sys/kernel/perf_event_paranoid")) <= 2;
}

struct Probed : Box {
  Answers Under(const std::string& profile) {
    const std::string policy = bundle.Directory() + "/policy.json";
    WriteFile(policy, json({{"profile", profile}}).dump());
    bundle.Args({"/bin/guest", "probe"}).WriteConfig();
    const Outcome outcome = RunCommand({AgentboxPath(),
                                        "--root",
                                        bundle.Root(),
                                        "--policy",
                                        policy,
                                        "run",
                                        "--bundle",
                                        bundle.Path(),
                                        bundle.Id()});
    BOOST_REQUIRE_MESSAGE(outcome.Succeeded(), outcome.errors);
    return Read(outcome.output);
  }

  // That `profile` opens these, as far as this kernel has them.
  void CheckOpens(const std::string& profile, const std::set<std::string>& names) {
    std::set<std::string> expected;
    for (const std::string& name : names) {
      if (host.at(name).text == "open") expected.insert(name);
    }
    BOOST_TEST((Open(Under(profile)) == expected), profile);
  }

  Answers host = OnHost();
};

BOOST_FIXTURE_TEST_SUITE(seccomp_entries, Probed)

BOOST_AUTO_TEST_CASE(without_a_sandbox_each_of_a_hundred_is_open) {
  unsigned all = 0;
  for (const auto& [name, answer] : host) {
    BOOST_TEST((answer.text == "open" || IsAbsent(name, answer.text)), name << ": " << answer.text);
    all += answer.exploits;
  }
  BOOST_TEST(all == 100U);
}

BOOST_AUTO_TEST_CASE(by_default_97_of_100_are_closed_and_the_three_are_named) {
  const Answers answers = Under("dev");
  BOOST_TEST(Closed(answers) == 97U);
  BOOST_TEST((Open(answers) == std::set<std::string>{"unix-splice", "multicast"}));
}

BOOST_AUTO_TEST_CASE(each_closed_one_gives_the_errno_that_programs_fall_back_on) {
  const std::map<std::string, std::string> wanted = {{"netlink-netfilter", "ENOSPC"},
                                                     {"traffic-control", "ENOSPC"},
                                                     {"kernel-tls", "ENOPROTOOPT"},
                                                     {"bpf", "EPERM"},
                                                     {"io-uring", "ENOSYS"},
                                                     {"perf-events", "EPERM"},
                                                     {"af-alg", "EAFNOSUPPORT"},
                                                     {"af-vsock", "EAFNOSUPPORT"},
                                                     {"fsopen", "ENOSYS"},
                                                     {"netlink-xfrm", "ENOSPC"},
                                                     {"unix-oob", "EOPNOTSUPP"},
                                                     {"af-key", "EAFNOSUPPORT"},
                                                     {"af-rxrpc", "EAFNOSUPPORT"},
                                                     {"af-packet", "EAFNOSUPPORT"},
                                                     {"udp-encap", "ENOPROTOOPT"},
                                                     {"iptables", "ENOSPC"},
                                                     {"add-key", "ENOSYS"},
                                                     {"mmap-growsdown", "EOPNOTSUPP"}};
  const Answers answers = Under("dev");
  for (const auto& [name, text] : wanted)
    BOOST_TEST(answers.at(name).text == text, name);
}

// Where there may be network namespaces, it is the filter that refuses the protocols.
BOOST_AUTO_TEST_CASE(protocols_of_netlink_are_refused_where_namespaces_are_not) {
  const Answers answers = Under("netns");
  for (const char* name : {"netlink-netfilter", "netlink-xfrm", "ethtool-netlink"})
    BOOST_TEST(answers.at(name).text == "EPROTONOSUPPORT", name);
  BOOST_TEST(answers.at("iptables").text == "ENOPROTOOPT");
}

BOOST_AUTO_TEST_CASE(what_profiles_open_is_what_their_price_says) {
  const std::set<std::string> dev = {"unix-splice", "multicast"};
  CheckOpens("dev", dev);
  CheckOpens("paranoid", {"multicast"});
  std::set<std::string> debug = dev;
  debug.insert("perf-events");
  if (HasPerfEvents()) CheckOpens("debug", debug);
  std::set<std::string> netns = dev;
  netns.insert({"traffic-control", "xfrm-interface"});
  CheckOpens("netns", netns);
  std::set<std::string> engine = netns;
  engine.insert({"netlink-netfilter", "fsopen", "af-packet", "iptables"});
  CheckOpens("engine", engine);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
