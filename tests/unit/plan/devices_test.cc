#include "plan/devices.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "plan/mounts.h"

namespace agentbox::plan {
namespace {

Result<DevicesPlan> Planned(std::vector<spec::Device> devices,
                            std::vector<spec::Mount> mounts = {}) {
  spec::Config config;
  config.linux_ = spec::Linux{};
  config.linux_->devices = std::move(devices);
  config.mounts = std::move(mounts);
  policy::Policy policy;
  policy.allowed_devices = {"/dev/kvm"};
  return PlanDevices(config, policy);
}

std::vector<std::string> Lines(const Result<DevicesPlan>& plan) {
  std::vector<std::string> lines;
  for (const DeviceStep& step : plan->nodes)
    lines.push_back(ToString(step));
  return lines;
}

bool Has(const Result<DevicesPlan>& plan, const std::string& line) {
  const auto lines = Lines(plan);
  return std::ranges::find(lines, line) != lines.end();
}

BOOST_AUTO_TEST_SUITE(plan_devices)

BOOST_AUTO_TEST_CASE(every_container_has_the_defaults) {
  const auto plan = Planned({});
  BOOST_REQUIRE(plan);
  BOOST_TEST(plan->nodes.size() == 6U);
  BOOST_TEST(Has(plan, "/dev/null: char 1:3"));
  BOOST_TEST(Has(plan, "/dev/tty: char 5:0"));
}

BOOST_AUTO_TEST_CASE(a_dev_of_the_hosts_is_not_added_to) {
  const auto plan = Planned({{"/dev/null", "c", 1, 3}}, {{"/dev", "bind", "/dev", {"rbind"}}});
  BOOST_REQUIRE(plan);
  BOOST_TEST(plan->nodes.empty());
  BOOST_TEST(plan->links.empty());
}

BOOST_AUTO_TEST_CASE(a_default_that_is_repeated_is_one_node_with_what_config_json_says) {
  const auto plan = Planned({{"/dev/null", "c", 1, 3, 0600, 5, 6}});
  BOOST_REQUIRE(plan);
  BOOST_TEST(plan->nodes.size() == 6U);
  BOOST_TEST(plan->nodes.front().uid == 5U);
  BOOST_TEST(plan->nodes.front().origin == "linux.devices[0]");
}

BOOST_AUTO_TEST_CASE(of_all_devices_a_container_gets_those_that_it_may_have) {
  spec::Config config;
  config.linux_ = spec::Linux{.resources = spec::Resources{}};
  config.linux_->devices = {{"/dev/sda", "b", 8, 0}, {"/dev/kvm", "c", 10, 232}};
  config.linux_->resources->devices = {{.allow = true, .access = "rwm"}};
  policy::Policy policy;
  policy.allowed_devices = {"/dev/kvm"};
  const auto plan = PlanDevices(config, policy);
  BOOST_REQUIRE(plan);
  BOOST_TEST(!Has(plan, "/dev/sda: block 8:0"));
  BOOST_TEST(Has(plan, "/dev/kvm: char 10:232"));
  BOOST_TEST(plan->left_out == std::vector<std::string>{"/dev/sda"});

  config.linux_->resources->devices.push_back({.allow = false, .access = "rwm"});
  BOOST_TEST(!PlanDevices(config, policy));
}

BOOST_AUTO_TEST_CASE(of_all_devices_that_podman_binds_a_container_gets_those_that_it_may_have) {
  const auto bind = [](const std::string& path) {
    return spec::Mount{path, "bind", path, {"slave", "nosuid", "noexec", "rw", "rbind"}};
  };
  spec::Config config;
  config.linux_ = spec::Linux{};
  config.mounts = {bind("/dev/null"), bind("/dev/sda"), bind("/dev/kvm"), bind("/opt/sda")};
  policy::Policy policy;
  policy.allowed_devices = {"/dev/kvm"};
  const auto mounted = [&] {
    const auto steps = PlanMounts(config, policy, {}, "/bundle");
    std::string destinations;
    for (const MountStep& step : *steps)
      destinations += step.destination + " ";
    return destinations;
  };
  BOOST_TEST(mounted() == "/dev /dev/null /dev/kvm /opt/sda ");
  BOOST_TEST(PlanDevices(config, policy)->left_out == std::vector<std::string>{"/dev/sda"});

  // A device that somebody has named, or a container that is not privileged.
  config.mounts[1].options = {"rbind"};
  BOOST_TEST(PlanDevices(config, policy)->left_out.empty());
  BOOST_TEST(mounted() == "/dev /dev/null /dev/sda /dev/kvm /opt/sda ");
  config.mounts[1] = bind("/dev/sda");
  for (const auto confine : {+[](spec::Linux& linux_part) { linux_part.seccomp = spec::Seccomp{}; },
                             +[](spec::Linux& linux_part) { linux_part.masked_paths = {"/x"}; },
                             +[](spec::Linux& linux_part) { linux_part.readonly_paths = {"/x"}; },
                             +[](spec::Linux& linux_part) {
                               linux_part.resources = spec::Resources{.devices = {{}}};
                             }}) {
    config.linux_ = spec::Linux{};
    confine(*config.linux_);
    BOOST_TEST(PlanDevices(config, policy)->left_out.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_device_of_the_hosts_needs_the_policy) {
  const auto disk = Planned({{"/dev/sda", "b", 8, 0}});
  BOOST_REQUIRE(!disk);
  BOOST_TEST((disk.error().Kind() == ErrorKind::kRefused));
  BOOST_TEST(disk.error().ToString() ==
             "linux.devices[0]: the host's device \"/dev/sda\" is not one of a container's own; "
             "the policy's devices.allow may name it");
  BOOST_TEST(Has(Planned({{"/dev/kvm", "c", 10, 232}}), "/dev/kvm: char 10:232"));
  // Another name does not make it another device.
  BOOST_TEST(Has(Planned({{"/opt/zero", "c", 1, 5}}), "/opt/zero: char 1:5"));
  BOOST_TEST(!Planned({{"/dev/null", "b", 1, 3}}).has_value());
}

BOOST_AUTO_TEST_CASE(an_impossible_device_is_an_error) {
  BOOST_TEST(Planned({{"/dev/x", "q", 1, 3}}).error().ToString() ==
             "linux.devices[0]: type: \"q\" is not one of c, b, u, p");
  BOOST_TEST(Planned({{"/dev/x", "c", -1, 3}}).error().ToString() ==
             "linux.devices[0]: major: expected a device number, found -1");
  BOOST_TEST(Planned({{"x", "c", 1, 3}}).error().ToString() ==
             "linux.devices[0]: path: \"x\" is not an absolute path of a file");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
