// Files and directories of the tests.
#pragma once

#include <string>
#include <string_view>

namespace agentbox::test {

// A directory below /tmp that goes, with all in it, with this object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  const std::string& Path() const { return path_; }

 private:
  std::string path_;
};

// The source of mounts that a test makes: no container left them.
constexpr const char* kMountOfATest = "of-a-test";

// A tmpfs on a directory that it makes, while this object lives.
class MountedTmpfs {
 public:
  explicit MountedTmpfs(std::string path, const char* options = "", unsigned long flags = 0);
  MountedTmpfs(const MountedTmpfs&) = delete;
  MountedTmpfs& operator=(const MountedTmpfs&) = delete;
  ~MountedTmpfs();

 private:
  std::string path_;
};

void WriteFile(const std::string& path, std::string_view text);
std::string ReadFile(const std::string& path);  // empty if it is not there
bool Exists(const std::string& path);           // a dangling symlink does

// A root file system with busybox, its names, and the guest program (tests/guest). All cases share
// it: no container may change it.
const std::string& SharedRootfs();

// A copy of it at `path`, for cases that change it.
void MakeRootfs(const std::string& path);

// Each path below `directory` with its mode, owner, size and time of change: two are equal only if
// nothing was written between them.
std::string Listing(const std::string& directory);

}  // namespace agentbox::test
