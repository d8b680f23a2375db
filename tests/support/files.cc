#include "support/files.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "support/environment.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

struct MadeRootfs {
  MadeRootfs() { MakeRootfs(Path()); }
  std::string Path() const { return directory.Path() + "/rootfs"; }

  TemporaryDirectory directory;
  std::string path = Path();
};

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = "/tmp/agentbox-test-" + std::to_string(::getpid()) + "-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp(3)");
  path_ = name;
  // Walkable by the ids of containers, as bundles of engines are.
  ::chmod(path_.c_str(), 0711);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code error;
  fs::remove_all(path_, error);
}

MountedTmpfs::MountedTmpfs(std::string path, const char* options, unsigned long flags)
    : path_(std::move(path)) {
  fs::create_directories(path_);
  if (::mount(kMountOfATest, path_.c_str(), "tmpfs", flags, options) < 0) {
    throw std::runtime_error("mount(2) of " + path_);
  }
}

MountedTmpfs::~MountedTmpfs() {
  ::umount2(path_.c_str(), MNT_DETACH);
}

void WriteFile(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("could not write " + path);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool Exists(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0;
}

void MakeRootfs(const std::string& path) {
  for (const char* name :
       {"bin", "dev", "etc", "home/user", "proc", "root", "sys", "tmp", "usr", "var"}) {
    fs::create_directories(path + "/" + name);
  }
  ::chmod((path + "/tmp").c_str(), 01777);
  ::chown((path + "/home/user").c_str(), 1000, 1000);
  fs::copy_file("/bin/busybox", path + "/bin/busybox");
  for (const char* name :
       {"sh",      "true",   "false",    "cat",   "echo",     "ls",     "id",    "sleep",
        "mount",   "umount", "mkdir",    "touch", "rm",       "stat",   "chown", "chmod",
        "ps",      "env",    "kill",     "ln",    "cp",       "mv",     "tty",   "stty",
        "unshare", "ip",     "pwd",      "grep",  "head",     "dd",     "mknod", "test",
        "wc",      "nproc",  "readlink", "find",  "hostname", "printf", "sort"}) {
    fs::create_symlink("busybox", path + "/bin/" + name);
  }
  fs::copy_file(Environment("AGENTBOX_GUEST"), path + "/bin/guest");
  WriteFile(path + "/etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
  WriteFile(path + "/etc/group", "root:x:0:\nuser:x:1000:\n");
}

const std::string& SharedRootfs() {
  static const MadeRootfs made;
  return made.path;
}

std::string Listing(const std::string& directory) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    struct stat status = {};
    ::lstat(entry.path().c_str(), &status);
    std::ostringstream line;
    line << entry.path().string() << ' ' << std::oct << status.st_mode << std::dec << ' '
         << status.st_uid << ':' << status.st_gid << ' ' << status.st_size << ' '
         << status.st_ctim.tv_sec << '.' << status.st_ctim.tv_nsec;
    lines.push_back(line.str());
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

}  // namespace agentbox::test
