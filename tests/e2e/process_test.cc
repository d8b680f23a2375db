// What apply/ does to a process, on the real kernel: in a user namespace of its own, as init would.
// Needs root.
#include "kernel/process.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include <boost/test/unit_test.hpp>

#include "abi/capabilities.h"
#include "abi/io_priority.h"
#include "apply/capabilities.h"
#include "apply/console.h"
#include "apply/credentials.h"
#include "apply/rlimits.h"
#include "apply/scheduling.h"
#include "apply/seccomp.h"
#include "apply/sysctl.h"
#include "container/terminal.h"
#include "kernel/file.h"
#include "kernel/id_maps.h"
#include "kernel/namespaces.h"
#include "kernel/procfs.h"
#include "kernel/socket.h"
#include "kernel/spawn.h"
#include "kernel/tty.h"
#include "kernel/user.h"
#include "launch/filter.h"
#include "plan/default_profile.h"

namespace agentbox {
namespace {

constexpr std::uint64_t kChown = abi::CapabilityBit(CAP_CHOWN);
constexpr std::uint64_t kBind = abi::CapabilityBit(CAP_NET_BIND_SERVICE);

plan::ProcessPlan Process() {
  plan::ProcessPlan process;
  process.origin = "process";
  return process;
}

std::string Text(const Result<void>& result) {
  return result ? "ok" : result.error().ToString();
}

void Print(const std::string& text) {
  BOOST_REQUIRE(kernel::WriteAll(STDOUT_FILENO, text));
}

using Inside = std::function<void()>;
using Outside = std::function<void(const kernel::Child&)>;

// What `inside` prints as the container's root, in namespaces of its own with ids from 1000000 on;
// before it runs, `outside` is called in this process, the launcher's.
std::string Run(const Inside& inside, const Outside& outside = {}) {
  auto sockets = kernel::PacketSocketPair();
  auto output = kernel::MakePipe();
  BOOST_REQUIRE(sockets && output);
  const auto child = kernel::Clone(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC |
                                   CLONE_NEWUTS | CLONE_NEWNET);
  BOOST_REQUIRE(child.has_value());
  if (child->pid == 0) {
    sockets->one.Reset();
    ::dup2(output->writer.Get(), STDOUT_FILENO);
    const auto go = kernel::ReceivePacket(sockets->other.Get());
    const bool is_root = go && kernel::SetGroups({}) && kernel::SetGid(0) && kernel::SetUid(0);
    if (is_root && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) inside();
    ::_exit(0);
  }
  output->writer.Reset();
  const std::vector<abi::IdMapping> ids = {{0, 1000000, 65536}};
  BOOST_REQUIRE(kernel::WriteIdMaps(child->pid, {ids, ids}).has_value());
  if (outside) outside(*child);
  BOOST_REQUIRE(kernel::SendPacket(sockets->one.Get(), "go", {}).has_value());
  const auto text = kernel::ReadToEnd(output->reader.Get());
  BOOST_REQUIRE(kernel::Wait(child->pidfd).has_value());
  return text.value_or("nothing");
}

// As the planned process, with our filter, what `script` prints.
Inside Shell(const plan::ProcessPlan& process, const std::string& script) {
  return [process, script] {
    const auto filter = launch::CompileFilter(plan::DefaultFilter(policy::Profile::kDev));
    const std::string failed = [&]() -> std::string {
      if (auto done = apply::Rlimits(process.rlimits); !done) return Text(done);
      if (auto done = apply::DropBoundingSet(process, 40); !done) return Text(done);
      if (auto done = apply::User(process); !done) return Text(done);
      if (auto done = apply::Capabilities(process); !done) return Text(done);
      if (auto done = apply::NoNewPrivileges(process); !done) return Text(done);
      const auto loaded = apply::Seccomp({*filter});
      return loaded ? "" : loaded.error().ToString();
    }();
    if (!failed.empty()) return Print(failed);
    ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
  };
}

constexpr const char* kSets = "grep ^Cap /proc/self/status | tr '\\n\\t' '  '";

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(the_program_has_the_planned_ids_limits_and_umask) {
  plan::ProcessPlan process = Process();
  process.uid = 1000;
  process.gid = 1001;
  process.additional_gids = {5, 44};
  process.umask = 027;
  process.rlimits = {{"process.rlimits[0]", RLIMIT_NOFILE, "RLIMIT_NOFILE", 100, 200}};
  BOOST_TEST(Run(Shell(process, "id -u; id -g; id -G; umask; ulimit -Sn; ulimit -Hn")) ==
             "1000\n1001\n1001 5 44\n0027\n100\n200\n");
}

BOOST_AUTO_TEST_CASE(an_id_that_is_not_mapped_is_named) {
  plan::ProcessPlan process = Process();
  process.gid = 70000;
  BOOST_TEST(Run(Shell(process, "id")) ==
             "process.user.gid: gid 70000 is not mapped in the user namespace: setresgid(2) to "
             "70000: Invalid argument (EINVAL)");
}

BOOST_AUTO_TEST_CASE(a_user_has_the_ambient_capabilities_and_no_others) {
  plan::ProcessPlan process = Process();
  process.uid = 1000;
  process.capabilities = {.bounding = kChown | kBind,
                          .effective = kChown | kBind,
                          .inheritable = kBind,
                          .permitted = kChown | kBind,
                          .ambient = kBind};
  BOOST_TEST(Run(Shell(process, kSets)) ==
             "CapInh: 0000000000000400 CapPrm: 0000000000000400 CapEff: 0000000000000400 "
             "CapBnd: 0000000000000401 CapAmb: 0000000000000400 ");
}

BOOST_AUTO_TEST_CASE(loading_a_filter_without_no_new_privs_leaves_no_capability_behind) {
  plan::ProcessPlan process = Process();
  process.capabilities = {.bounding = kChown, .effective = kChown, .permitted = kChown};
  const std::string sets =
      "CapInh: 0000000000000000 CapPrm: 0000000000000001 CapEff: 0000000000000001 "
      "CapBnd: 0000000000000001 CapAmb: 0000000000000000 ";
  BOOST_TEST(Run(Shell(process, kSets)) == sets);
  process.no_new_privileges = true;
  BOOST_TEST(Run(Shell(process, kSets)) == sets);
  BOOST_TEST(Run(Shell(process, "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status")) ==
             "NoNewPrivs:\t1\nSeccomp:\t2\n");
}

BOOST_AUTO_TEST_CASE(the_launcher_sets_what_init_may_not) {
  plan::ProcessPlan process = Process();
  process.scheduler = plan::SchedulerStep{.policy = SCHED_OTHER, .nice = -5};
  process.io_priority = abi::IoPriority(abi::kIoClassRealtime, 3);
  process.oom_score_adj = 300;
  process.final_cpus = {0};
  std::string inside;
  const auto look = [] {
    const auto own = apply::Scheduling(
        0, {.origin = "p", .scheduler = plan::SchedulerStep{.policy = SCHED_OTHER, .nice = -7}});
    // As the process itself: EPERM.
    Print(std::to_string(::getpriority(PRIO_PROCESS, 0)) + " " +
          std::to_string(::syscall(SYS_ioprio_get, abi::kIoPriorityOfProcess, 0)) + "\n" +
          Text(own));
  };
  inside = Run(look, [&](const kernel::Child& init) {
    BOOST_TEST(Text(apply::Scheduling(init.pid, process)) == "ok");
    BOOST_TEST(Text(apply::FinalCpuAffinity(init.pid, process)) == "ok");
    const std::string path = "/proc/" + std::to_string(init.pid) + "/oom_score_adj";
    BOOST_TEST((kernel::ReadFile(AT_FDCWD, path) == std::string("300\n")));
    cpu_set_t cpus;
    BOOST_TEST(::sched_getaffinity(init.pid, sizeof cpus, &cpus) == 0);
    BOOST_TEST(CPU_COUNT(&cpus) == 1);
  });
  BOOST_TEST(inside == "-5 " + std::to_string(abi::IoPriority(abi::kIoClassRealtime, 3)) +
                           "\np.scheduler: sched_setattr(2): Operation not permitted (EPERM)");
}

BOOST_AUTO_TEST_CASE(the_launcher_sets_the_sysctls_of_inits_namespaces) {
  constexpr std::uint64_t kVisited = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  const std::vector<plan::SysctlStep> steps = {
      {"ping", "net/ipv4/ping_group_range", "0 2147483647", CLONE_NEWNET},
      {"shm", "kernel/shmmax", "12345678", CLONE_NEWIPC},
      {"queues", "fs/mqueue/msg_max", "11", CLONE_NEWIPC},
      {"name", "kernel/domainname", "here", CLONE_NEWUTS},
  };
  const auto values = [&] {
    std::string text;
    for (const plan::SysctlStep& step : steps) {
      text += kernel::ReadFile(AT_FDCWD, "/proc/sys/" + step.path).value_or("nothing\n");
    }
    return text;
  };
  const auto procfs = kernel::OpenProcfs();
  BOOST_REQUIRE(procfs.has_value());
  const std::string before = values();
  const std::vector<abi::IdMapping> ids = {{0, 1000000, 65536}};
  const std::string inside = Run([&] { Print(values()); },
                                 [&](const kernel::Child& init) {
                                   const auto set =
                                       kernel::RunInNamespaces(init.pidfd, kVisited, [&] {
                                         return apply::Sysctl(*procfs, steps, kVisited, {ids, ids});
                                       });
                                   BOOST_TEST(Text(set) == "ok");
                                 });
  BOOST_TEST(inside == "0\t65535\n12345678\n11\nhere\n");
  BOOST_TEST(values() == before);
  BOOST_TEST(::geteuid() == 0U);
}

BOOST_AUTO_TEST_CASE(a_file_mounted_over_in_proc_is_not_written_to) {  // CVE-2019-16884
  BOOST_TEST(Run([] {
               // A procfs of this pid namespace, with another file on top of the label's.
               ::mount("proc", "/proc", "proc", 0, nullptr);
               ::mount("/dev/null", "/proc/1/attr/exec", nullptr, MS_BIND, nullptr);
               const auto proc = kernel::Open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
               Print(Text(kernel::WriteProcfs(*proc, "self/attr/exec", "x")) + "\n");
               const auto detached = kernel::OpenProcfs();
               const auto file = kernel::OpenInProcfs(*detached, "self/attr/exec", O_WRONLY);
               Print(file ? "the kernel's" : file.error().ToString());
             }) ==
             "openat2(2) of /proc/self/attr/exec: Invalid cross-device link (EXDEV)\n"
             "the kernel's");
}

BOOST_AUTO_TEST_CASE(our_filter_answers_with_its_errnos) {
  plan::ProcessPlan process = Process();
  process.capabilities.bounding = ~std::uint64_t{0};
  const auto answer_to = [&](const std::function<long()>& call) {
    return Run([&] {
      const auto filter = launch::CompileFilter(plan::DefaultFilter(policy::Profile::kDev));
      const auto loaded = apply::Seccomp({*filter});
      const long result = loaded ? call() : -1;
      Print(result >= 0 ? "ok" : strerrorname_np(errno));
    });
  };
  BOOST_TEST(answer_to([] { return ::socket(AF_INET, SOCK_STREAM, 0); }) == "ok");
  BOOST_TEST(answer_to([] { return ::socket(AF_ALG, SOCK_SEQPACKET, 0); }) == "EAFNOSUPPORT");
  BOOST_TEST(answer_to([] { return ::socket(AF_PACKET, SOCK_RAW, 0); }) == "EAFNOSUPPORT");
  BOOST_TEST(answer_to([] { return ::socket(AF_NETLINK, SOCK_RAW, 12); }) == "EPROTONOSUPPORT");
  BOOST_TEST(answer_to([] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }) == "ENOSYS");
  BOOST_TEST(answer_to([] { return ::syscall(SYS_fsopen, "tmpfs", 0); }) == "ENOSYS");
  BOOST_TEST(answer_to([] { return ::syscall(SYS_bpf, 0, nullptr, 0); }) == "EPERM");
  BOOST_TEST(answer_to([] { return ::syscall(9999); }) == "ENOSYS");
  BOOST_TEST(answer_to([] { return ::syscall(0x40000000 | SYS_getpid); }) == "ENOSYS");
  BOOST_TEST(answer_to([] { return ::unshare(CLONE_NEWUSER); }) == "ok");
}

BOOST_AUTO_TEST_CASE(a_filter_that_notifies_gives_a_listener_for_the_agent) {
  BOOST_TEST(Run([] {
               plan::SeccompFilter filter = {.otherwise = {plan::SeccompAction::kAllow, 0}};
               filter.rules.push_back({"mkdir", {plan::SeccompAction::kNotify, 0}, {}});
               filter.flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
               const auto ours = launch::CompileFilter(plan::DefaultFilter(policy::Profile::kDev));
               const auto program = launch::CompileFilter(filter);
               const auto listener = apply::Seccomp({*ours, *program});
               Print(!listener ? listener.error().ToString() : *listener ? "listener" : "none");
             }) == "listener");
}

BOOST_AUTO_TEST_CASE(a_terminal_is_the_containers_and_is_on_dev_console) {
  auto sockets = kernel::PacketSocketPair();
  BOOST_REQUIRE(sockets.has_value());
  const std::string inside = Run([&] {
    ::mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755");
    ::mkdir("/mnt/dev", 0755);
    ::mkdir("/mnt/dev/pts", 0755);
    ::mount("devpts", "/mnt/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620");
    const auto root = kernel::Open(AT_FDCWD, "/mnt", O_PATH | O_DIRECTORY);
    plan::ProcessPlan process = Process();
    process.uid = 1000;
    process.console_size = spec::ConsoleSize{.height = 22, .width = 99};
    const auto console = apply::OpenConsole(*root, process);
    if (!console) return Print(console.error().ToString());
    const auto bound = apply::BindConsole(*root, *console);
    const auto sent = apply::SendConsole(sockets->other.Get(), *console);
    struct stat status = {};
    ::stat("/mnt/dev/console", &status);
    Print(console->name + " " + Text(bound) + " " + Text(sent) + " " +
          std::to_string(status.st_uid) + " " + (S_ISCHR(status.st_mode) ? "char\n" : "?\n"));
    const auto used = apply::UseConsole(*console);
    ::execl("/bin/sh", "sh", "-c", "stty size; exec < /dev/tty && echo controlled", nullptr);
  });
  BOOST_TEST(inside == "/dev/pts/0 ok ok 1000 char\n");
  const auto master = container::ReceiveConsole(sockets->one.Get());
  BOOST_REQUIRE(master.has_value());
  const auto size = kernel::ReadWindowSize(master->Get());
  BOOST_REQUIRE(size.has_value());
  BOOST_TEST(size->rows == 22);
  std::string said;
  // To the error (EIO) that reading is when no slave is open any more.
  for (auto more = kernel::ReadSome(master->Get()); more && *more;
       more = kernel::ReadSome(master->Get())) {
    said += **more;
  }
  BOOST_TEST(said == "22 99\r\ncontrolled\r\n");
}

BOOST_AUTO_TEST_CASE(a_ptmx_of_the_images_is_refused) {  // CVE-2025-52565
  BOOST_TEST(Run([] {
               ::mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755");
               ::mkdir("/mnt/dev", 0755);
               ::mkdir("/mnt/dev/pts", 0755);
               ::close(::open("/mnt/dev/pts/ptmx", O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
               const auto root = kernel::Open(AT_FDCWD, "/mnt", O_PATH | O_DIRECTORY);
               const auto console = apply::OpenConsole(*root, Process());
               Print(console ? "taken" : console.error().ToString());
             }) == "process.terminal: /dev/pts/ptmx is not that of a devpts");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox
