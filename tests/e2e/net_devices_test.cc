// linux.netDevices: an interface of the runtime's network namespace goes into the container's
// (config-linux.md#network-devices). The runtime's is one of the test's own here.
#include <sched.h>

#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"
#include "support/namespaces.h"

namespace agentbox::test {
namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

// A network namespace with the interface "outer", a veth(4) whose peer is there too.
struct Network : Box {
  Network() {
    Ip({"link", "add", "outer", "mtu", "1400", "type", "veth", "peer", "name", "peer"});
    Ip({"address", "add", "10.98.0.2/24", "dev", "outer"});
    Ip({"address", "add", "fd98::2/64", "dev", "outer", "nodad"});
    Ip({"link", "set", "outer", "up"});
    Ip({"link", "set", "peer", "up"});
    Ip({"address", "add", "10.98.0.1/24", "dev", "peer"});
    bundle.config["ociVersion"] = "1.3.0";
  }

  Outcome Within(const Strings& command) const {
    Strings args = {"nsenter", "--net=" + host.Path("net")};
    args.insert(args.end(), command.begin(), command.end());
    return RunCommand(args);
  }

  std::string Ip(const Strings& words) const {
    Strings args = {"ip"};
    args.insert(args.end(), words.begin(), words.end());
    const Outcome outcome = Within(args);
    BOOST_TEST_REQUIRE(outcome.status == 0, outcome.errors);
    return outcome.output;
  }

  Outcome Run(const Strings& command) {
    bundle.Args(command).WriteConfig();
    return Within(
        {AgentboxPath(), "--root", bundle.Root(), "run", "--bundle", bundle.Path(), bundle.Id()});
  }

  // The words of what `ip` says inside, each with blanks around it.
  std::string IpInside(const std::string& words) {
    const Outcome outcome = Run({"/bin/sh", "-c", "ip " + words});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    std::istringstream stream(outcome.output);
    std::string text = " ";
    for (std::string word; stream >> word;)
      text += word + " ";
    return text;
  }

  HeldNamespaces host{CLONE_NEWNET};
};

void CheckHas(const std::string& text, const std::string& part) {
  BOOST_TEST(text.find(part) != std::string::npos, "\"" << part << "\" is not in: " << text);
}

BOOST_FIXTURE_TEST_SUITE(net_devices, Network)

BOOST_AUTO_TEST_CASE(an_interface_goes_in_with_its_addresses_and_its_mtu) {
  bundle.config["linux"]["netDevices"] = {{"outer", json::object()}};
  const std::string inside = IpInside("address show dev outer");
  CheckHas(inside, " mtu 1400 ");
  CheckHas(inside, " inet 10.98.0.2/24 ");
  CheckHas(inside, " inet6 fd98::2/64 ");
  CheckHas(inside, "<BROADCAST,MULTICAST,UP");
}

BOOST_AUTO_TEST_CASE(it_has_the_name_that_was_asked_for_and_packets_go_through) {
  bundle.config["linux"]["netDevices"] = {{"outer", {{"name", "inner"}}}};
  const Outcome outcome = Run({"/bin/busybox", "ping", "-c", "1", "-I", "inner", "10.98.0.1"});
  BOOST_TEST(outcome.status == 0, outcome.errors + outcome.output);
}

BOOST_AUTO_TEST_CASE(it_is_not_outside_any_more) {
  bundle.config["linux"]["netDevices"] = {{"outer", {{"name", "inner"}}}};
  const Outcome outcome = Run({"/bin/true"});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(Within({"ip", "link", "show", "dev", "outer"}).status != 0);
}

BOOST_AUTO_TEST_CASE(one_that_is_not_there_is_refused_and_the_others_stay) {
  bundle.config["linux"]["netDevices"] = {{"absent", json::object()}};
  CheckFails(Run({"/bin/true"}), 1, "linux.netDevices.absent");
  CheckHas(Ip({"address", "show", "dev", "outer"}), "inet 10.98.0.2/24");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
