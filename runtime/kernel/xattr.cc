#include "kernel/xattr.h"

#include <linux/limits.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace agentbox::kernel {
namespace {

std::string PathOf(int file) {
  return "/proc/self/fd/" + std::to_string(file);
}

// What `call`, given a place and its size, puts there: at first a place that is large enough for
// almost all. Its errors are left in errno.
template <typename Call>
std::optional<std::string> Fetch(std::size_t most, Call call) {
  std::array<char, 512> place;
  const auto size = call(place.data(), place.size());
  if (size >= 0) return std::string(place.data(), static_cast<std::size_t>(size));
  if (errno != ERANGE) return std::nullopt;
  std::string large(most, '\0');
  const auto full = call(large.data(), large.size());
  if (full < 0) return std::nullopt;
  large.resize(static_cast<std::size_t>(full));
  return large;
}

}  // namespace

Result<std::vector<std::string>> ListXattrs(int file) {
  const std::string path = PathOf(file);
  const auto list = Fetch(XATTR_LIST_MAX, [&path](char* place, std::size_t size) {
    return ::listxattr(path.c_str(), place, size);
  });
  std::vector<std::string> names;
  if (!list && errno == ENOTSUP) return names;
  if (!list) return Fail(Error::FromErrno().Within("listxattr(2)"));
  for (std::size_t at = 0; at < list->size(); at += names.back().size() + 1)
    names.emplace_back(list->c_str() + at);
  return names;
}

Result<std::optional<std::string>> ReadXattr(int file, const std::string& name) {
  const std::string path = PathOf(file);
  auto value = Fetch(XATTR_SIZE_MAX, [&](char* place, std::size_t size) {
    return ::getxattr(path.c_str(), name.c_str(), place, size);
  });
  if (value || errno == ENODATA || errno == ENOTSUP) return value;
  return Fail(Error::FromErrno().Within("getxattr(2) of " + name));
}

}  // namespace agentbox::kernel
