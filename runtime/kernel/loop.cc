#include "kernel/loop.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::kernel {
namespace {

// So many others may be quicker to take the device that was free.
constexpr int kAttempts = 64;

// As the kernel has put it into 32 bits (new_encode_dev).
dev_t Decoded(std::uint64_t device) {
  const auto major = static_cast<unsigned>((device >> 8U) & 0xfffU);
  const auto minor = static_cast<unsigned>((device & 0xffU) | ((device >> 12U) & 0xfff00U));
  return ::makedev(major, minor);
}

bool IsBehind(const UniqueFd& device, const struct stat& file) {
  struct loop_info64 info = {};
  if (::ioctl(device.Get(), LOOP_GET_STATUS64, &info) < 0) return false;
  return info.lo_inode == file.st_ino && Decoded(info.lo_device) == file.st_dev;
}

}  // namespace

Result<LoopDevice> AttachLoopDevice(int file) {
  const UniqueFd control = TRY(Open(AT_FDCWD, "/dev/loop-control", O_RDWR));
  for (int attempt = 1;; ++attempt) {
    const int number = ::ioctl(control.Get(), LOOP_CTL_GET_FREE);
    if (number < 0) return Fail(Error::FromErrno().Within("ioctl(2) LOOP_CTL_GET_FREE"));
    LoopDevice loop = {.path = "/dev/loop" + std::to_string(number)};
    loop.device = TRY(Open(AT_FDCWD, loop.path, O_RDWR));
    struct loop_config config = {};
    config.fd = static_cast<std::uint32_t>(file);
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (::ioctl(loop.device.Get(), LOOP_CONFIGURE, &config) >= 0) return loop;
    if (errno == EBUSY && attempt < kAttempts) continue;
    return Fail(Error::FromErrno().Within("ioctl(2) LOOP_CONFIGURE of " + loop.path));
  }
}

Result<LoopDevice> LoopDeviceOf(int file) {
  const struct stat status = TRY(Stat(file));
  const UniqueFd devices = TRY(Open(AT_FDCWD, "/sys/block", O_RDONLY | O_DIRECTORY));
  for (const std::string& name : TRY(ListDirectory(devices.Get()))) {
    if (!name.starts_with("loop") || !TRY(Exists(devices.Get(), name + "/loop"))) continue;
    LoopDevice loop = {.path = "/dev/" + name};
    auto device = Open(AT_FDCWD, loop.path, O_RDWR);
    if (!device || !IsBehind(*device, status)) continue;
    // While it is open the kernel does not free it.
    loop.device = *std::move(device);
    return loop;
  }
  return AttachLoopDevice(file);
}

}  // namespace agentbox::kernel
