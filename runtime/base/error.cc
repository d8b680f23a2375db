#include "base/error.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/printable.h"

namespace agentbox {

Error Error::FromErrno() {
  return FromErrno(errno);
}

Error Error::FromErrno(int number) {
  Error error(ErrorKind::kSystem);
  error.errno_ = number;
  return error;
}

std::string ErrnoName(int number) {
  const char* const name = strerrorname_np(number);
  return name != nullptr ? name : "errno " + std::to_string(number);
}

Error Error::Within(std::string context) && {
  chain_.push_back(std::move(context));
  return std::move(*this);
}

std::string Error::ToString() const {
  std::string text;
  for (auto part = chain_.rbegin(); part != chain_.rend(); ++part) {
    if (!text.empty()) text += ": ";
    text += Printable(*part);
  }
  if (errno_ != 0) {
    const char* description = strerrordesc_np(errno_);
    if (!text.empty()) text += ": ";
    text += description != nullptr ? description : "unknown errno";
    text += " (" + ErrnoName(errno_) + ")";
  }
  return text;
}

// "KIND ERRNO\0" and then each part of the chain, ended by a NUL.
std::string Error::Encode() const {
  std::string bytes = std::to_string(static_cast<unsigned>(kind_)) + " " + std::to_string(errno_);
  bytes += '\0';
  for (const std::string& part : chain_) {
    bytes += part;
    bytes += '\0';
  }
  return bytes;
}

Error Error::Decode(std::string_view bytes) {
  const auto malformed = [] {
    return Error(ErrorKind::kInternal, "an error from another process could not be read");
  };
  const auto head_end = bytes.find('\0');
  if (head_end == std::string_view::npos) return malformed();
  const char* const end = bytes.data() + head_end;
  unsigned kind = 0;
  int number = 0;
  const auto after_kind = std::from_chars(bytes.data(), end, kind);
  if (after_kind.ec != std::errc() || after_kind.ptr == end || *after_kind.ptr != ' ' ||
      kind > static_cast<unsigned>(ErrorKind::kInternal)) {
    return malformed();
  }
  const auto after_number = std::from_chars(after_kind.ptr + 1, end, number);
  if (after_number.ec != std::errc() || after_number.ptr != end) return malformed();

  Error error(static_cast<ErrorKind>(kind));
  error.errno_ = number;
  bytes.remove_prefix(head_end + 1);
  while (!bytes.empty()) {
    const auto part_end = bytes.find('\0');
    if (part_end == std::string_view::npos) return malformed();
    error.chain_.emplace_back(bytes.substr(0, part_end));
    bytes.remove_prefix(part_end + 1);
  }
  return error;
}

}  // namespace agentbox
