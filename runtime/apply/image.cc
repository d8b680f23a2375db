#include "apply/image.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/image.h"
#include "kernel/loop.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "kernel/process.h"
#include "kernel/spawn.h"
#include "kernel/tree.h"

namespace agentbox::apply {
namespace {

// What is thrown away has no journal, which serves only what has to survive a crash. All features
// are named, so that mke2fs.conf(5) has no say. The tables of inodes are not written (uninit_bg):
// the file is sparse.
constexpr std::string_view kFormat =
    "mke2fs -q -F -t ext4 -m 0 -b 4096 -I 256 -i 4096"
    " -E lazy_itable_init=1,nodiscard,root_owner=0:0 /proc/self/fd/0"
    " -O "
    "none,dir_index,dir_nlink,ext_attr,extent,extra_isize,filetype,flex_bg,huge_file,large_file,"
    "sparse_super,uninit_bg,64bit";
constexpr std::string_view kJournal = ",has_journal";

Result<void> Format(const UniqueFd& image, bool has_journal) {
  const std::string path = FindMke2fs();
  if (path.empty()) {
    return Fail(Error(ErrorKind::kUnsupported, "mke2fs(8) is not installed: e2fsprogs has it"));
  }
  kernel::Pipe errors = TRY(kernel::MakePipe());
  kernel::Program program = {.path = path, .input = image.Get(), .errors = errors.writer.Get()};
  for (const std::string_view word : Split(kFormat, ' '))
    program.args.emplace_back(word);
  if (has_journal) program.args.back() += kJournal;
  const kernel::Child child = TRY_WITHIN(kernel::Spawn(program), path);
  errors.writer.Reset();
  const std::string said = TRY(kernel::ReadToEnd(errors.reader.Get()));
  const kernel::ExitStatus status = TRY(kernel::Wait(child.pidfd));
  if (status.ShellCode() == 0) return {};
  return Fail(Error(
      ErrorKind::kSystem,
      path + " exited with " + std::to_string(status.ShellCode()) + ": " + Quoted(Trimmed(said))));
}

}  // namespace

Result<UniqueFd> MountImage(const UniqueFd& directory, std::uint64_t bytes) {
  const UniqueFd image = TRY(kernel::UnnamedFile(directory.Get(), bytes));
  TRY(Format(image, /*has_journal=*/false));
  const kernel::LoopDevice loop = TRY(kernel::AttachLoopDevice(image.Get()));
  const kernel::NewFilesystem ext4 = TRY(kernel::NewFilesystem::Open("ext4", loop.path));
  // What the kernel would do in the background, or to be safe from a crash.
  for (const char* option : {"noinit_itable", "nobarrier", "noauto_da_alloc"})
    TRY(ext4.SetFlag(option));
  return ext4.Mount(MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
}

Result<UniqueFd> MakeImage(const UniqueFd& directory,
                           const std::string& name,
                           std::uint64_t bytes) {
  const UniqueFd image = TRY(kernel::Open(
      directory.Get(), name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  TRY(kernel::SetLength(image.Get(), bytes));
  TRY(Format(image, /*has_journal=*/true));
  return kernel::MountImage(image.Get());
}

std::string FindMke2fs() {
  // Not by PATH, which may be the caller's under sudo.
  for (const char* path : {"/usr/sbin/mke2fs", "/sbin/mke2fs"}) {
    if (kernel::CheckExecutable(path)) return path;
  }
  return {};
}

}  // namespace agentbox::apply
