#include "kernel/zlib.h"

#include <dlfcn.h>

#include <string>

namespace agentbox::kernel {
namespace {

template <typename Function>
void Find(const Zlib& zlib, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(zlib.library.get(), name));
}

Error NotThere() {
  const char* const why = ::dlerror();
  return Error(ErrorKind::kUnsupported,
               std::string("libz.so.1, which reads gzip (package zlib1g): ") +
                   (why != nullptr ? why : "not found"));
}

}  // namespace

Result<Zlib> LoadZlib() {
  Zlib found;
  found.library.reset(::dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL));
  if (!found.library) return Fail(NotThere());
  Find(found, "inflateInit2_", found.inflate_init);
  Find(found, "inflate", found.inflate);
  Find(found, "inflateReset", found.inflate_reset);
  Find(found, "inflateEnd", found.inflate_end);
  const bool is_complete = found.inflate_init != nullptr && found.inflate != nullptr &&
                           found.inflate_reset != nullptr && found.inflate_end != nullptr;
  if (!is_complete) return Fail(NotThere());
  return found;
}

}  // namespace agentbox::kernel
