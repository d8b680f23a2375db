// Real cgroups of this host: made, limited, joined, frozen, killed, removed. Needs root.
// tests/e2e/cgroups.sh runs them on other mounts than the host's too.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "cgroups/cgroup.h"
#include "cgroups/host_cgroups.h"
#include "cgroups/oom.h"
#include "cgroups/stats.h"
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
  return facts;
}

bool HostHas(const std::string& controller) {
  const std::vector<std::string> names = Host().cgroup_controllers;
  return std::find(names.begin(), names.end(), controller) != names.end();
}

// A container's cgroup, gone at the end of the case with all that is in it.
class TestCgroup {
 public:
  explicit TestCgroup(const spec::Resources& resources, const std::string& path = "") {
    config_.linux_.emplace().resources = resources;
    config_.linux_->cgroups_path = path;
    plan_ = Unwrap(plan::PlanCgroup(config_, policy::Policy(), Host(), {}, Id()));
    cgroup_ = Open(Unwrap(Locate(plan_, Host())));
  }
  ~TestCgroup() {
    for (const UniqueFd& child : children_)
      static_cast<void>(kernel::SendSignal(child, SIGKILL));
    static_cast<void>(cgroup_->Kill(SIGKILL));
    for (const UniqueFd& child : children_)
      static_cast<void>(kernel::Wait(child));
    static_cast<void>(cgroup_->Remove());
  }

  static std::string Id() { return "agentbox-test-" + std::to_string(::getpid()); }

  Result<void> Create() { return cgroup_->Create(plan_); }
  Cgroup& operator*() { return *cgroup_; }
  Cgroup* operator->() { return cgroup_.get(); }

  // A process in the cgroup that runs `body`, joined as the launcher does it.
  pid_t Run(const std::function<int()>& body) {
    const UniqueFd target = Unwrap(cgroup_->CloneTarget());
    const std::vector<UniqueFd> files = Unwrap(cgroup_->JoinFiles());
    kernel::Child child = Unwrap(kernel::Clone(0, target.Get()));
    if (child.pid == 0) {
      for (const UniqueFd& file : files) {
        if (!kernel::WriteAll(file.Get(), "0")) ::_exit(99);
      }
      ::_exit(body());
    }
    children_.push_back(std::move(child.pidfd));
    return child.pid;
  }
  // One that stays; it is in the cgroup when this returns.
  pid_t RunForever() {
    std::array<int, 2> ends = {};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const pid_t pid = Run([&ends] {
      [[maybe_unused]] const auto said = ::write(ends[1], "", 1);
      for (;;)
        ::pause();
      return 0;
    });
    char byte = 0;
    BOOST_REQUIRE(::read(ends[0], &byte, 1) == 1);
    ::close(ends[0]);
    ::close(ends[1]);
    return pid;
  }
  int ExitOf(const std::function<int()>& body) {
    Run(body);
    return Reap();
  }
  // Of the last process that was run.
  int Reap() {
    const int code = Unwrap(kernel::Wait(children_.back())).ShellCode();
    children_.pop_back();
    return code;
  }

  std::string Read(const std::string& controller, const std::string& file) const {
    const auto& directories = cgroup_->Where().directories;
    const auto found = directories.find(controller);
    if (found == directories.end()) return "no " + controller;
    const auto text = kernel::ReadFile(AT_FDCWD, found->second + "/" + file);
    return text ? std::string(Trimmed(*text)) : text.error().ToString();
  }

  int Left() const {
    int count = 0;
    for (const auto& [controller, path] : cgroup_->Where().directories) {
      if (Unwrap(kernel::Exists(AT_FDCWD, path))) ++count;
    }
    return count;
  }

 private:
  spec::Config config_;
  plan::CgroupPlan plan_;
  std::unique_ptr<Cgroup> cgroup_;
  std::vector<UniqueFd> children_;
};

std::string ErrorOf(const Result<void>& result) {
  return result ? "" : result.error().ToString();
}

// Skips a case where the host lacks one of the controllers.
class Needs {
 public:
  Needs(std::initializer_list<const char*> controllers) : controllers_(controllers) {}

  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id /*unit*/) const {
    for (const char* const controller : controllers_) {
      if (HostHas(controller)) continue;
      boost::test_tools::assertion_result result(false);
      result.message() << "no " << controller << " controller";
      return result;
    }
    return true;
  }

 private:
  std::vector<const char*> controllers_;
};

using boost::unit_test::precondition;

// A limit of processes, where the host can set one.
spec::Resources Limited(std::int64_t processes) {
  spec::Resources resources;
  if (HostHas("pids")) resources.pids_limit = processes;
  return resources;
}

BOOST_AUTO_TEST_SUITE(cgroups)

BOOST_AUTO_TEST_CASE(a_process_is_in_every_hierarchy_and_nothing_is_left) {
  TestCgroup cgroup({});
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  const pid_t pid = cgroup.RunForever();
  const std::string text =
      Unwrap(kernel::ReadFile(AT_FDCWD, "/proc/" + std::to_string(pid) + "/cgroup"));
  std::size_t joined = 0;
  for (const std::string_view line : Split(text, '\n')) {
    if (line.ends_with("/" + TestCgroup::Id())) ++joined;
  }
  BOOST_TEST(joined == Host().cgroup_hierarchies.size());
  BOOST_TEST(Unwrap(cgroup->Processes()) == std::vector<pid_t>({pid}));

  BOOST_TEST(ErrorOf(cgroup->Kill(SIGKILL)).empty());
  BOOST_TEST(cgroup.Reap() == 128 + SIGKILL);
  BOOST_TEST(ErrorOf(cgroup->Remove()).empty());
  BOOST_TEST(cgroup.Left() == 0);
  BOOST_TEST(ErrorOf(cgroup->Remove()).empty());
}

BOOST_AUTO_TEST_CASE(removal_waits_for_the_killed_and_takes_children_along) {
  TestCgroup cgroup({});
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  for (const auto& [controller, path] : cgroup->Where().directories) {
    static_cast<void>(kernel::MakeDirectories(path + "/inner/most", 0755));
  }
  cgroup.RunForever();
  BOOST_TEST(ErrorOf(cgroup->Kill(SIGKILL)).empty());
  // Not reaped: a zombie is in no cgroup any more.
  BOOST_TEST(ErrorOf(cgroup->Remove()) == "");
  BOOST_TEST(cgroup.Left() == 0);
}

BOOST_AUTO_TEST_CASE(a_cgroup_with_processes_of_another_is_refused_and_left_alone) {
  TestCgroup first({});
  BOOST_REQUIRE_EQUAL(ErrorOf(first.Create()), "");
  const pid_t pid = first.RunForever();
  {
    TestCgroup second({});
    const auto unused = second->CheckUnused();
    BOOST_REQUIRE(!unused.has_value());
    BOOST_TEST((unused.error().Kind() == ErrorKind::kAlreadyExists));
    BOOST_TEST(ErrorOf(second.Create())
                   .find("holds processes of another (pid " + std::to_string(pid) + ")") !=
               std::string::npos);
    BOOST_TEST(::kill(pid, 0) == 0);
  }
}

BOOST_AUTO_TEST_CASE(freezing_stops_and_thawing_goes_on) {
  TestCgroup cgroup({});
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  auto* const counter = static_cast<volatile unsigned long*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  cgroup.Run([counter] {
    for (;;)
      *counter = *counter + 1;
    return 0;
  });
  while (*counter == 0) {
  }
  BOOST_TEST(!Unwrap(cgroup->IsFrozen()));
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup->Freeze()), "");
  BOOST_TEST(Unwrap(cgroup->IsFrozen()));
  const unsigned long stopped = *counter;
  kernel::Pause(std::chrono::milliseconds(20));
  BOOST_TEST(*counter == stopped);
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup->Thaw()), "");
  BOOST_TEST(!Unwrap(cgroup->IsFrozen()));
  const kernel::Deadline deadline(std::chrono::seconds(120));
  while (*counter == stopped && !deadline.HasPassed()) {
  }
  BOOST_TEST(*counter != stopped);

  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup->Freeze()), "");
  BOOST_TEST(ErrorOf(cgroup->Kill(SIGKILL)) == "");
  BOOST_TEST(cgroup.Reap() == 128 + SIGKILL);
  ::munmap(const_cast<unsigned long*>(counter), 4096);
}

BOOST_AUTO_TEST_CASE(a_signal_reaches_all_and_those_below) {
  TestCgroup cgroup({});
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  cgroup.RunForever();
  cgroup.RunForever();
  BOOST_TEST(Unwrap(cgroup->Processes()).size() == 2U);
  BOOST_TEST(ErrorOf(cgroup->Kill(SIGTERM)) == "");
  BOOST_TEST(cgroup.Reap() == 128 + SIGTERM);
  BOOST_TEST(cgroup.Reap() == 128 + SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_fork_bomb_is_killed_whole) {
  TestCgroup cgroup(Limited(50));
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  cgroup.Run([] {
    // Each forks for ever, but rests when there are many: not every host limits them.
    for (unsigned forks = 0;; ++forks) {
      if (::fork() < 0 || forks > 4) ::usleep(100000);
    }
    return 0;
  });
  const kernel::Deadline deadline(std::chrono::seconds(5));
  while (Unwrap(cgroup->Processes()).size() < 20 && !deadline.HasPassed()) {
  }
  BOOST_TEST(ErrorOf(cgroup->Kill(SIGKILL)) == "");
  BOOST_TEST(cgroup.Reap() == 128 + SIGKILL);
  BOOST_TEST(ErrorOf(cgroup->Remove()) == "");
  BOOST_TEST(cgroup.Left() == 0);
}

BOOST_AUTO_TEST_CASE(limits_are_in_the_files,
                     *precondition(Needs({"memory", "pids", "cpu", "cpuset"}))) {
  TestCgroup cgroup({.memory = spec::Memory{.limit = 64 << 20, .swap = 64 << 20},
                     .cpu = spec::Cpu{.shares = 512, .quota = 5000, .period = 10000, .cpus = "0"},
                     .pids_limit = 20});
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  const bool is_v2 = Host().cgroup_mode == plan::CgroupMode::kV2;
  BOOST_TEST(cgroup.Read(is_v2 ? "" : "memory", is_v2 ? "memory.max" : "memory.limit_in_bytes") ==
             "67108864");
  BOOST_TEST(cgroup.Read(is_v2 ? "" : "pids", "pids.max") == "20");
  BOOST_TEST(cgroup.Read(is_v2 ? "" : "cpu", is_v2 ? "cpu.weight" : "cpu.shares") ==
             (is_v2 ? "59" : "512"));
  BOOST_TEST(cgroup.Read(is_v2 ? "" : "cpuset", "cpuset.cpus") == "0");

  // Both ways, whichever of memory and memory+swap has to move first on v1.
  for (const std::int64_t limit : {128 << 20, 32 << 20, -1, 64 << 20}) {
    const spec::Resources resources = {.memory = spec::Memory{.limit = limit, .swap = limit}};
    const auto update = Unwrap(plan::PlanResources(resources, Host().cgroup_mode));
    BOOST_TEST(ErrorOf(cgroup->Update(update)) == "");
  }
  BOOST_TEST(ErrorOf(cgroup->Update(Unwrap(plan::PlanResources(
                 {.cpu = spec::Cpu{.quota = 200000, .period = 100000}}, Host().cgroup_mode)))) ==
             "");
}

BOOST_AUTO_TEST_CASE(a_limit_below_the_usage_is_refused_with_the_usage,
                     *precondition(Needs({"memory"}))) {
  TestCgroup cgroup({});
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  std::array<int, 2> ends = {};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  cgroup.Run([&ends] {
    constexpr std::size_t kSize = 16U << 20U;
    void* const memory = ::mmap(
        nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    static_cast<void>(::mlock(memory, kSize));
    [[maybe_unused]] const auto said = ::write(ends[1], "", 1);
    for (;;)
      ::pause();
    return 0;
  });
  char byte = 0;
  BOOST_REQUIRE(::read(ends[0], &byte, 1) == 1);
  const spec::Resources low = {.memory =
                                   spec::Memory{.limit = 4 << 20, .check_before_update = true}};
  const auto updated = cgroup->Update(Unwrap(plan::PlanResources(low, Host().cgroup_mode)));
  BOOST_REQUIRE(!updated.has_value());
  BOOST_TEST((updated.error().Kind() == ErrorKind::kRefused));
  BOOST_TEST(ErrorOf(updated).find("linux.resources.memory.limit: 4194304 is below what the "
                                   "container uses (container usage: ") == 0U);
  ::close(ends[0]);
  ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error_with_its_origin_and_undoes_all) {
  spec::Resources resources;
  resources.hugepage_limits = {{.page_size = "3MB", .limit = 1}};
  TestCgroup cgroup(resources);
  const auto created = cgroup.Create();
  BOOST_REQUIRE(!created.has_value());
  BOOST_TEST((created.error().Kind() == ErrorKind::kUnsupported));
  BOOST_TEST(ErrorOf(created).find("linux.resources.hugepageLimits[0]: ") == 0U);
  BOOST_TEST(cgroup.Left() == 0);
}

BOOST_AUTO_TEST_CASE(missing_parents_are_made_and_undone) {
  const std::string parent = "/agentbox-test-parent-" + std::to_string(::getpid());
  spec::Resources bad;
  bad.hugepage_limits = {{.page_size = "3MB", .limit = 1}};
  TestCgroup undone(bad, parent + "/child");
  BOOST_TEST(!undone.Create().has_value());
  for (const auto& [controller, path] : undone->Where().directories) {
    BOOST_TEST(!Unwrap(kernel::Exists(AT_FDCWD, path.substr(0, path.rfind('/')))));
  }
  TestCgroup cgroup({}, parent + "/child");
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  cgroup.RunForever();
  BOOST_TEST(ErrorOf(cgroup->Kill(SIGKILL)) == "");
  BOOST_TEST(ErrorOf(cgroup->Remove()) == "");
  for (const auto& [controller, path] : cgroup->Where().directories) {
    static_cast<void>(kernel::RemoveDirectory(AT_FDCWD, path.substr(0, path.rfind('/'))));
  }
}

// Only cgroup2 alone has such cgroups.
boost::test_tools::assertion_result IsOnV2(boost::unit_test::test_unit_id /*unit*/) {
  return Host().cgroup_mode == plan::CgroupMode::kV2;
}

BOOST_AUTO_TEST_CASE(below_a_threaded_cgroup_processes_are_seen_killed_and_gone,
                     *precondition(IsOnV2)) {
  const std::string parent = "/agentbox-test-threaded-" + std::to_string(::getpid());
  const std::string threads = "/sys/fs/cgroup" + parent + "/threads";
  BOOST_REQUIRE(kernel::MakeDirectories(threads, 0755).has_value());
  BOOST_REQUIRE(kernel::WriteFile(AT_FDCWD, threads + "/cgroup.type", "threaded").has_value());
  {
    TestCgroup cgroup({}, parent + "/threads/one");
    BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
    BOOST_TEST(cgroup.Read("", "cgroup.type") == "threaded");
    const pid_t pid = cgroup.RunForever();
    BOOST_TEST(Unwrap(cgroup->Processes()) == std::vector<pid_t>({pid}));
    BOOST_TEST(ErrorOf(cgroup->Kill(SIGKILL)) == "");
    BOOST_TEST(cgroup.Reap() == 128 + SIGKILL);
    BOOST_TEST(ErrorOf(cgroup->Remove()) == "");
    BOOST_TEST(cgroup.Left() == 0);
  }
  static_cast<void>(kernel::RemoveDirectory(AT_FDCWD, threads));
  static_cast<void>(kernel::RemoveDirectory(AT_FDCWD, "/sys/fs/cgroup" + parent));
}

BOOST_AUTO_TEST_CASE(devices_outside_the_rules_can_not_be_opened) {
  spec::Resources resources;
  resources.devices = {{.allow = false, .access = "rwm"},
                       {.allow = true, .type = "c", .major = 1, .minor = 11, .access = "w"}};
  TestCgroup cgroup(resources);
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  char directory[] = "/var/tmp/agentbox-test-XXXXXX";  // /tmp may be nodev
  BOOST_REQUIRE(::mkdtemp(directory) != nullptr);
  const std::string log = std::string(directory) + "/kmsg";
  const std::string memory = std::string(directory) + "/mem";
  BOOST_REQUIRE(::mknod(log.c_str(), S_IFCHR | 0600, ::makedev(1, 11)) == 0);
  BOOST_REQUIRE(::mknod(memory.c_str(), S_IFCHR | 0600, ::makedev(1, 1)) == 0);
  const auto open = [&cgroup](const std::string& path, int flags) {
    return cgroup.ExitOf([&path, flags] { return ::open(path.c_str(), flags) < 0 ? errno : 0; });
  };
  BOOST_TEST(open("/dev/null", O_RDWR) == 0);
  BOOST_TEST(open(log, O_WRONLY) == 0);
  BOOST_TEST(open(log, O_RDWR) == EPERM);
  BOOST_TEST(open(memory, O_RDONLY) == EPERM);
  ::unlink(log.c_str());
  ::unlink(memory.c_str());
  ::rmdir(directory);
}

BOOST_AUTO_TEST_CASE(the_oom_killer_is_noticed, *precondition(Needs({"memory"}))) {
  TestCgroup cgroup({.memory = spec::Memory{.limit = 8 << 20, .swap = 8 << 20}});
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  auto watcher = OomWatcher::Open(cgroup->Where());
  BOOST_REQUIRE(watcher.has_value());
  BOOST_TEST(Unwrap(watcher->Take()) == 0U);
  BOOST_TEST(cgroup.ExitOf([] {
    constexpr std::size_t kSize = 64U << 20U;
    void* const memory =
        ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (std::size_t i = 0; i < kSize; i += 4096)
      static_cast<volatile char*>(memory)[i] = 1;
    return 0;
  }) == 128 + SIGKILL);
  const kernel::Deadline deadline(std::chrono::seconds(120));
  BOOST_TEST(Unwrap(kernel::PollUntil(watcher->Get(), POLLIN, deadline)));
  BOOST_TEST(Unwrap(watcher->Take()) >= 1U);
  BOOST_TEST(ErrorOf(cgroup->Remove()) == "");
  BOOST_TEST(Unwrap(watcher->Take()) == 0U);
}

BOOST_AUTO_TEST_CASE(stats_count_what_was_used) {
  TestCgroup cgroup(Limited(33));
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  cgroup.ExitOf([] {
    while (std::clock() < CLOCKS_PER_SEC * 3 / 100) {
    }
    return 0;
  });
  cgroup.RunForever();
  const Stats stats = Unwrap(cgroup->ReadStats());
  BOOST_TEST(stats.cpu.total > 10000000U);
  if (HostHas("pids")) {
    BOOST_TEST(stats.pids.current == 1U);
    BOOST_TEST(stats.pids.limit == 33U);
  }
  if (HostHas("memory")) BOOST_TEST(stats.memory.usage.usage > 0U);
}

BOOST_AUTO_TEST_CASE(a_delegated_cgroup_belongs_to_its_owner) {
  TestCgroup cgroup({});
  BOOST_REQUIRE_EQUAL(ErrorOf(cgroup.Create()), "");
  BOOST_TEST(ErrorOf(cgroup->Delegate(12345, 12346)) == "");
  const int code = cgroup.ExitOf([&cgroup] {
    if (::setresgid(12346, 12346, 12346) != 0 || ::setresuid(12345, 12345, 12345) != 0) return 90;
    for (const auto& [controller, path] : cgroup->Where().directories) {
      if (::mkdir((path + "/own").c_str(), 0755) != 0 && errno != EEXIST) return 91;
    }
    return 0;
  });
  BOOST_TEST(code == 0);
}

// As a user who may make no cgroup; 0 when `is_expected` holds of what Create says.
template <typename Predicate>
int CreatedByUser(const spec::Resources& resources, Predicate is_expected) {
  const kernel::Child child = Unwrap(kernel::Clone(0));
  if (child.pid != 0) return Unwrap(kernel::Wait(child.pidfd)).ShellCode();
  if (::setresgid(12345, 12345, 12345) != 0 || ::setresuid(12345, 12345, 12345) != 0) ::_exit(90);
  plan::HostFacts facts = Host();
  facts.euid = 12345;
  spec::Config config;
  config.linux_.emplace().resources = resources;
  const plan::CgroupPlan plan =
      Unwrap(plan::PlanCgroup(config, policy::Policy(), facts, {}, TestCgroup::Id()));
  const std::unique_ptr<Cgroup> cgroup = Open(Unwrap(Locate(plan, facts)));
  const auto created = cgroup->Create(plan);
  ::_exit(is_expected(*cgroup, created) ? 0 : 91);
}

BOOST_AUTO_TEST_CASE(a_user_without_cgroups_goes_without_unless_limits_were_asked_for) {
  BOOST_TEST(CreatedByUser({}, [](Cgroup& cgroup, const Result<void>& created) {
               return created && cgroup.Where().driver == plan::CgroupDriver::kNone &&
                      cgroup.Where().directories.empty() && Unwrap(cgroup.JoinFiles()).empty() &&
                      !Unwrap(cgroup.CloneTarget()) && cgroup.Kill(SIGKILL) && cgroup.Remove();
             }) == 0);
  BOOST_TEST(CreatedByUser({.memory = spec::Memory{.limit = 1 << 20}},
                           [](Cgroup& cgroup, const Result<void>& created) {
                             return !created && created.error().Errno() == EACCES &&
                                    cgroup.Where().driver == plan::CgroupDriver::kCgroupfs;
                           }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::cgroups
