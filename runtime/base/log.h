// What an invocation reports besides its result: `--log`, `--log-format`, `--debug`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace agentbox {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

// One line a message, written with a single write(2) to a file opened O_APPEND, as engines read it:
// text (`time="..." level=error msg="..."`) or JSON ({"level":"error","msg":"...","time":"..."}).
// Text on standard error is for people: `agentbox: warning: ...`.
class Log {
 public:
  // `file` empty: standard error. Messages below `least` are dropped.
  Log(UniqueFd file, LogFormat format, LogLevel least)
      : file_(std::move(file)), format_(format), least_(least) {}

  // Whether debug messages that cost something to make are worth it.
  bool HasDebug() const { return least_ == LogLevel::kDebug; }
  void Debug(std::string_view message) const { Write(LogLevel::kDebug, message); }
  void Warn(std::string_view message) const { Write(LogLevel::kWarning, message); }
  void Error(std::string_view message) const { Write(LogLevel::kError, message); }
  bool HasFile() const { return static_cast<bool>(file_); }

 private:
  void Write(LogLevel level, std::string_view message) const;

  UniqueFd file_;
  LogFormat format_;
  LogLevel least_;
};

}  // namespace agentbox
