// What is hard on a disk: many small files and rows that are each made safe (fsync(2)), and what
// must not be had of it: another project.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "guest.h"

namespace agentbox::guest {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

int OpenOrFail(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0) Fail(path);
  return fd;
}

void WriteAndSync(int fd, const std::vector<char>& bytes) {
  if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) Fail("write");
  if (::fsync(fd) < 0) Fail("fsync");
}

void SyncDirectory(const std::string& path) {
  const int fd = OpenOrFail(path, O_RDONLY | O_DIRECTORY);
  if (::fsync(fd) < 0) Fail("fsync");
  ::close(fd);
}

// As dpkg(1) puts a file in its place.
void Install(const std::string& path, std::size_t size) {
  const std::string fresh = path + ".dpkg-new";
  const int fd = OpenOrFail(fresh, O_WRONLY | O_CREAT | O_TRUNC);
  WriteAndSync(fd, std::vector<char>(size, 'x'));
  ::close(fd);
  if (::rename(fresh.c_str(), path.c_str()) < 0) Fail("rename");
}

// install-files DIRECTORY COUNT: files of 1 to 15 KiB; after each 50, a package, the list of all.
int InstallFiles(Arguments arguments) {
  const std::string directory = arguments[0];
  const unsigned long count = std::strtoul(arguments[1], nullptr, 10);
  if (::mkdir(directory.c_str(), 0755) < 0) Fail(directory);
  for (unsigned long number = 0; number < count; ++number) {
    Install(directory + "/" + std::to_string(number), 1024 + number * 4099 % (14U << 10U));
    if (number % 50 != 49) continue;
    Install(directory + "/status", 256U << 10U);
    SyncDirectory(directory);
  }
  return 0;
}

constexpr std::size_t kPage = 4096;  // of SQLite

// As SQLite commits a row by default: the pages as they were to a journal, the new ones to the
// database, and the journal removed.
void Commit(const std::string& directory, int database, unsigned long number) {
  const std::string path = directory + "/db-journal";
  const int journal = OpenOrFail(path, O_RDWR | O_CREAT | O_TRUNC);
  WriteAndSync(journal, std::vector<char>(512 + 3 * kPage, 'j'));
  if (::lseek(journal, 0, SEEK_SET) < 0) Fail("lseek");
  WriteAndSync(journal, std::vector<char>(512, 'h'));
  SyncDirectory(directory);
  const std::vector<char> page(kPage, 'p');
  for (const unsigned long where : {0UL, 1 + number * 7919 % 1024, 1025 + number}) {
    if (::pwrite(database, page.data(), kPage, static_cast<off_t>(where * kPage)) < 0)
      Fail("pwrite");
  }
  if (::fsync(database) < 0) Fail("fsync");
  ::close(journal);
  if (::unlink(path.c_str()) < 0) Fail("unlink");
  SyncDirectory(directory);
}

// commit-rows DIRECTORY COUNT
int CommitRows(Arguments arguments) {
  const std::string directory = arguments[0];
  const unsigned long count = std::strtoul(arguments[1], nullptr, 10);
  if (::mkdir(directory.c_str(), 0755) < 0) Fail(directory);
  const int database = OpenOrFail(directory + "/db", O_RDWR | O_CREAT);
  for (unsigned long number = 0; number < count; ++number)
    Commit(directory, database, number);
  ::close(database);
  return 0;
}

// set-project PATH PROJECT INHERITED(0|1): the number whose quota counts the file.
int SetProject(Arguments arguments) {
  const int fd = OpenOrFail(arguments[0], O_RDONLY);
  struct fsxattr attributes = {};
  if (::ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0) Fail("FS_IOC_FSGETXATTR");
  attributes.fsx_projid = static_cast<std::uint32_t>(std::strtoul(arguments[1], nullptr, 0));
  attributes.fsx_xflags &= ~std::uint32_t{FS_XFLAG_PROJINHERIT};
  if (arguments[2][0] == '1') attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
  PrintResult(::ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
  return 0;
}

// project PATH
int Project(Arguments arguments) {
  const int fd = OpenOrFail(arguments[0], O_RDONLY);
  struct fsxattr attributes = {};
  if (::ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0) Fail("FS_IOC_FSGETXATTR");
  std::printf("%u\n", attributes.fsx_projid);
  return 0;
}

constexpr Command kCommands[] = {
    {"install-files", 2, InstallFiles},
    {"commit-rows", 2, CommitRows},
    {"set-project", 3, SetProject},
    {"project", 1, Project},
};

}  // namespace

std::span<const Command> DiskCommands() {
  return kCommands;
}

}  // namespace agentbox::guest
