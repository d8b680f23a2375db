// zlib's functions, found at run time: as with libarchive, which needs the library itself.
#pragma once

#include <zlib.h>

#include <memory>

#include "base/error.h"
#include "kernel/libarchive.h"

namespace agentbox::kernel {

struct Zlib {
  std::unique_ptr<void, CloseLibrary> library;

  decltype(&::inflateInit2_) inflate_init = nullptr;
  decltype(&::inflate) inflate = nullptr;
  decltype(&::inflateReset) inflate_reset = nullptr;
  decltype(&::inflateEnd) inflate_end = nullptr;
};

// kUnsupported, naming the package, where it is not installed.
Result<Zlib> LoadZlib();

}  // namespace agentbox::kernel
