// Scopes of a real systemd. tests/e2e/systemd.sh boots one and runs this there.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "cgroups/cgroup.h"
#include "cgroups/host_cgroups.h"
#include "kernel/deadline.h"
#include "kernel/file.h"
#include "kernel/process.h"

namespace agentbox::cgroups {
namespace {

plan::HostFacts Host() {
  HostCgroups cgroups = Unwrap(FindHostCgroups());
  plan::HostFacts facts;
  facts.cgroup_mode = cgroups.mode;
  facts.cgroup_controllers = std::move(cgroups.controllers);
  facts.cgroup_hierarchies = std::move(cgroups.hierarchies);
  facts.has_systemd = Unwrap(kernel::Exists(AT_FDCWD, "/run/systemd/system"));
  return facts;
}

plan::CgroupPlan PlanOf(const std::string& path) {
  spec::Config config;
  config.linux_.emplace().cgroups_path = path;
  policy::Policy policy;
  policy.default_pids_limit = 4096;
  return Unwrap(plan::PlanCgroup(config, policy, Host(), {.systemd_driver = true}, "c1"));
}

// What systemd says of a property of the unit.
std::string Property(const std::string& unit, const std::string& name) {
  const std::string command = "systemctl show --value -p " + name + " " + unit;
  FILE* const stream = ::popen(command.c_str(), "re");
  std::string text;
  for (int byte = std::fgetc(stream); byte != EOF; byte = std::fgetc(stream))
    text += static_cast<char>(byte);
  ::pclose(stream);
  return std::string(Trimmed(text));
}

std::string ErrorOf(const Result<void>& result) {
  return result ? "" : result.error().ToString();
}

bool IsThere(const std::string& path) {
  return Unwrap(kernel::Exists(AT_FDCWD, path));
}

// A process that waits for a signal; killed with this object.
class Waiting {
 public:
  Waiting() : child_(Unwrap(kernel::Clone(0))) {
    if (child_.pid != 0) return;
    for (;;)
      ::pause();
  }
  ~Waiting() {
    static_cast<void>(kernel::SendSignal(child_.pidfd, SIGKILL));
    static_cast<void>(kernel::Wait(child_.pidfd));
  }
  pid_t Pid() const { return child_.pid; }
  std::string Cgroup() const {
    const std::string file = "/proc/" + std::to_string(child_.pid) + "/cgroup";
    const std::string text = Unwrap(kernel::ReadFile(AT_FDCWD, file));
    return std::string(Trimmed(text.substr(text.find("0::"))));
  }

 private:
  kernel::Child child_;
};

BOOST_AUTO_TEST_SUITE(systemd)

BOOST_AUTO_TEST_CASE(a_scope_is_where_it_was_located_and_goes_with_all_below_it) {
  const plan::CgroupPlan plan = PlanOf("machine-a-b.slice:test:one");
  const Location location = Unwrap(Locate(plan, Host()));
  const std::string path = location.directories.at("");
  BOOST_TEST(path ==
             "/sys/fs/cgroup/machine.slice/machine-a.slice/machine-a-b.slice/test-one.scope");
  const std::unique_ptr<Cgroup> cgroup = Open(location);
  BOOST_TEST(ErrorOf(cgroup->CheckUnused()) == "");
  BOOST_TEST(ErrorOf(cgroup->Create(plan)) == "");
  BOOST_TEST(!Unwrap(cgroup->CloneTarget()));
  const Waiting process;
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup->Adopt(process.Pid(), plan)), "");
  BOOST_TEST(cgroup->Where().directories.at("") == path);
  BOOST_TEST(process.Cgroup().ends_with("/machine-a-b.slice/test-one.scope"));
  BOOST_TEST(Property("test-one.scope", "Delegate") == "yes");
  BOOST_TEST(Property("test-one.scope", "TasksMax") == "4096");
  BOOST_TEST(static_cast<bool>(Unwrap(cgroup->CloneTarget())));

  // As a later command does, by what was recorded.
  const std::unique_ptr<Cgroup> again = Open(cgroup->Where());
  BOOST_REQUIRE(::mkdir((path + "/below").c_str(), 0755) == 0);
  BOOST_TEST(ErrorOf(again->Freeze()) == "");
  BOOST_TEST(Unwrap(again->IsFrozen()));
  BOOST_TEST(ErrorOf(again->Thaw()) == "");
  BOOST_TEST(ErrorOf(again->Kill(SIGKILL)) == "");
  BOOST_TEST(ErrorOf(again->Remove()) == "");
  BOOST_TEST(!IsThere(path));
  BOOST_TEST(ErrorOf(again->Remove()) == "");
}

BOOST_AUTO_TEST_CASE(an_update_reaches_systemd_too) {
  const plan::CgroupPlan plan = PlanOf("");
  const std::unique_ptr<Cgroup> cgroup = Open(Unwrap(Locate(plan, Host())));
  const Waiting process;
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup->Adopt(process.Pid(), plan)), "");
  plan::ResourcesPlan changes = Unwrap(plan::PlanResources(
      {.cpu =
           spec::Cpu{.shares = 2048, .quota = 50000, .period = 100000, .cpus = "0", .mems = "0"}},
      plan::CgroupMode::kV2));
  // The files need controllers that cgroup2 may not have here.
  changes.writes.clear();
  BOOST_TEST(ErrorOf(cgroup->Update(changes)) == "");
  BOOST_TEST(Property("agentbox-c1.scope", "CPUWeight") == "174");
  BOOST_TEST(Property("agentbox-c1.scope", "CPUQuotaPerSecUSec") == "500ms");
  BOOST_TEST(Property("agentbox-c1.scope", "AllowedCPUs") == "0");
  BOOST_TEST(ErrorOf(cgroup->Remove()) == "");
}

BOOST_AUTO_TEST_CASE(a_scope_of_another_is_refused_and_left_alone) {
  const plan::CgroupPlan plan = PlanOf("system.slice:test:two");
  const std::unique_ptr<Cgroup> first = Open(Unwrap(Locate(plan, Host())));
  const Waiting process;
  BOOST_REQUIRE_EQUAL(ErrorOf(first->Adopt(process.Pid(), plan)), "");

  const std::unique_ptr<Cgroup> second = Open(Unwrap(Locate(plan, Host())));
  const auto unused = second->CheckUnused();
  BOOST_REQUIRE(!unused.has_value());
  BOOST_TEST((unused.error().Kind() == ErrorKind::kAlreadyExists));
  const Waiting other;
  BOOST_TEST(ErrorOf(second->Adopt(other.Pid(), plan)).find("UnitExists") != std::string::npos);
  BOOST_TEST(process.Cgroup() == "0::/system.slice/test-two.scope");
  BOOST_TEST(ErrorOf(first->Remove()) == "");
}

BOOST_AUTO_TEST_CASE(a_scope_that_has_ended_by_itself_is_killed_and_removed_like_others) {
  const plan::CgroupPlan plan = PlanOf("system.slice:test:four");
  const Location location = Unwrap(Locate(plan, Host()));
  const std::unique_ptr<Cgroup> cgroup = Open(location);
  {
    const Waiting process;
    BOOST_REQUIRE_EQUAL(ErrorOf(cgroup->Adopt(process.Pid(), plan)), "");
    BOOST_TEST(!Unwrap(cgroup->IsFrozen()));  // opens it
  }
  const kernel::Deadline deadline(std::chrono::seconds(120));
  while (IsThere(location.directories.at("")) && !deadline.HasPassed())
    kernel::Pause(std::chrono::milliseconds(1));
  BOOST_TEST(!IsThere(location.directories.at("")));
  BOOST_TEST(ErrorOf(cgroup->Kill(SIGKILL)) == "");
  BOOST_TEST(ErrorOf(cgroup->Remove()) == "");
}

BOOST_AUTO_TEST_CASE(a_property_that_systemd_does_not_take_is_an_error_with_its_words) {
  plan::CgroupPlan plan = PlanOf("system.slice:test:three");
  plan.resources.properties.push_back({.name = "NoSuchProperty", .value = true});
  const std::unique_ptr<Cgroup> cgroup = Open(Unwrap(Locate(plan, Host())));
  const Waiting process;
  const std::string error = ErrorOf(cgroup->Adopt(process.Pid(), plan));
  BOOST_TEST(error.find("NoSuchProperty") != std::string::npos, error);
  BOOST_TEST(Property("test-three.scope", "LoadState") == "not-found");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::cgroups
