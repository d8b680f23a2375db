// Errors as values: what failed, on what, and inside which operations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace agentbox {

// What a caller can do about an error. It decides the exit status; the text never does.
enum class ErrorKind : std::uint8_t {
  kInvalidSpec,    // config.json or the policy is wrong; nothing was created
  kUsage,          // the command line is wrong
  kRefused,        // understood, but the policy or the design forbids it
  kNotFound,       // no such container, bundle or process
  kAlreadyExists,  // the container id is in use
  kWrongState,     // the container's status does not allow the operation
  kUnsupported,    // this kernel or this build lacks what was asked for
  kSystem,         // a system call failed; Errno() tells how
  kInternal,       // a bug in agentbox
};

// "EPERM"; "errno 4096" where there is no name for it.
std::string ErrnoName(int number);

class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), chain_{std::move(message)} {}

  // The failure of the system call just made, from errno(3). The call is named by Within:
  //
  //   return Fail(Error::FromErrno().Within("open_tree(2) of " + path));
  //
  // C++17 evaluates FromErrno() before the argument of Within, which may call malloc(3) and thus
  // change errno; an errno passed as one argument among others would be read in no set order.
  static Error FromErrno();

  // As FromErrno, where the errno was kept or came otherwise than through errno(3).
  static Error FromErrno(int number);

  // The same error seen from one level up: "mounts[3]: bind /src on /work".
  Error Within(std::string context) &&;

  ErrorKind Kind() const { return kind_; }
  int Errno() const { return errno_; }

  // One line: contexts, outermost first, then the text and the name of the errno.
  std::string ToString() const;

  // The error as bytes, for another process of ours; Decode gives kInternal for bytes that Encode
  // did not make.
  std::string Encode() const;
  static Error Decode(std::string_view bytes);

 private:
  explicit Error(ErrorKind kind) : kind_(kind) {}

  ErrorKind kind_;
  int errno_ = 0;                   // of the system call that failed, if kSystem
  std::vector<std::string> chain_;  // innermost first
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> Fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// The value of a Result that is known to hold one.
template <typename T>
T Unwrap(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace agentbox

// The value of `expression`, a Result; or else a return of its error from the enclosing function.
//
// It stands alone: as a statement, as all of a variable's initializer, or as the only argument of a
// call. Never within braces: neither g++ nor clang then destroys the members already made, and a
// UniqueFd among them stays open. tests/lint/try.py looks for it.
#define TRY(expression)                                                      \
  __extension__({                                                            \
    auto try_result = (expression);                                          \
    if (!try_result) return ::agentbox::Fail(std::move(try_result).error()); \
    ::agentbox::Unwrap(std::move(try_result));                               \
  })

// TRY, with the error put within `context`, which is evaluated only on failure.
#define TRY_WITHIN(expression, context)                                                      \
  __extension__({                                                                            \
    auto try_result = (expression);                                                          \
    if (!try_result) return ::agentbox::Fail(std::move(try_result).error().Within(context)); \
    ::agentbox::Unwrap(std::move(try_result));                                               \
  })
