#include "support/quota_disk.h"

#include <fcntl.h>
#include <linux/quota.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "base/unique_fd.h"
#include "support/bundle.h"
#include "support/command.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

constexpr int kMountFailed = 32;  // mount(8)

// Makes an ext4 of `size` in `directory`, with the options of mke2fs(8), and mounts it at `path`.
Outcome MountDisk(const std::string& directory,
                  const std::string& path,
                  const std::string& size = "256M",
                  const std::string& options = "-O quota,project -E quotatype=prjquota",
                  const std::string& mount_options = "loop,prjquota") {
  return RunCommand({"sh",
                     "-ec",
                     "mkdir \"$2\"; truncate -s \"$3\" \"$1\"; mke2fs -q -t ext4 " + options +
                         " \"$1\"; mount -o \"$4\" \"$1\" \"$2\"; rmdir \"$2/lost+found\"",
                     "sh",
                     directory + "/image-" + kMountOfATest,
                     path,
                     size,
                     mount_options});
}

void Unmount(const std::string& path) {
  RunCommand({"umount", path});
}

}  // namespace

QuotaDisk::QuotaDisk() {
  const Outcome outcome = MountDisk(directory_.Path(), Path());
  if (!outcome.Succeeded()) throw std::runtime_error(outcome.errors);
}

QuotaDisk::~QuotaDisk() {
  Unmount(Path());
}

SmallDisk::SmallDisk(std::string path, const std::string& size) : path_(std::move(path)) {
  const Outcome outcome = MountDisk(directory_.Path(), path_, size, "-O ^has_journal", "loop");
  if (!outcome.Succeeded()) throw std::runtime_error(outcome.errors);
}

SmallDisk::~SmallDisk() {
  Unmount(path_);
}

std::vector<unsigned> QuotaDisk::Projects() const {
  const UniqueFd root(::open(Path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::vector<unsigned> projects;
  struct if_nextdqblk quota = {};
  for (unsigned next = 1;; next = quota.dqb_id + 1) {
    const long got =
        ::syscall(SYS_quotactl_fd, root.Get(), QCMD(Q_GETNEXTQUOTA, PRJQUOTA), next, &quota);
    if (got < 0 && errno == ENOENT) return projects;
    if (got < 0) throw std::runtime_error("quotactl_fd(2) Q_GETNEXTQUOTA");
    projects.push_back(quota.dqb_id);
  }
}

boost::test_tools::assertion_result HasProjectQuotas(boost::unit_test::test_unit_id /*unit*/) {
  static const Outcome outcome = [] {
    const TemporaryDirectory directory;
    const std::string path = directory.Path() + "/disk-" + kMountOfATest;
    Outcome mounted = MountDisk(directory.Path(), path);
    if (mounted.Succeeded()) Unmount(path);
    return mounted;
  }();
  // Whatever else is wrong is for the case to fail of.
  boost::test_tools::assertion_result result(outcome.status != kMountFailed);
  result.message() << "ext4 can not be mounted with prjquota (CONFIG_QFMT_V2)";
  return result;
}

std::vector<std::string> LoopFiles(const std::string& part) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/sys/block", error)) {
    const std::string file = Chomp(ReadFile(entry.path() / "loop/backing_file"));
    const bool is_of_a_test = file.find(kMountOfATest) != std::string::npos;
    if (!is_of_a_test && file.find(part) != std::string::npos) files.push_back(file);
  }
  return files;
}

}  // namespace agentbox::test
