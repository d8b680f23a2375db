// The bytes of a file that may be compressed, by gzip or zstd, verified by the checksums that it
// has.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"

namespace agentbox::kernel {

class CompressedReader {
 public:
  // Reads on from where the file `fd`, which is the caller's, is.
  static Result<CompressedReader> Open(int fd);
  CompressedReader(CompressedReader&&) noexcept;
  CompressedReader& operator=(CompressedReader&&) = delete;
  ~CompressedReader();

  // Some more, until the next call: empty at the end. kInvalidSpec: damaged, or cut off; what was
  // read before may be wrong, too.
  Result<std::string_view> Read();

 private:
  struct State;
  explicit CompressedReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace agentbox::kernel
