// Names of signals (signal(7)).
#pragma once

#include <array>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

#include "base/strings.h"

namespace agentbox::abi {

// Without "SIG". The last of several names for one number is an alias.
constexpr std::array<std::pair<std::string_view, int>, 36> kSignals = {{
    {"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT},  {"ILL", SIGILL},
    {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},     {"BUS", SIGBUS},    {"FPE", SIGFPE},
    {"KILL", SIGKILL}, {"USR1", SIGUSR1},     {"SEGV", SIGSEGV},  {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},     {"TERM", SIGTERM},  {"STKFLT", SIGSTKFLT},
    {"CHLD", SIGCHLD}, {"CONT", SIGCONT},     {"STOP", SIGSTOP},  {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},    {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},  {"WINCH", SIGWINCH},
    {"IO", SIGIO},     {"PWR", SIGPWR},       {"SYS", SIGSYS},    {"IOT", SIGABRT},
    {"CLD", SIGCHLD},  {"POLL", SIGIO},       {"UNUSED", SIGSYS}, {"EXIT", 0},
}};

// Real-time signals count from libc's SIGRTMIN and SIGRTMAX, as with kill(1): the first two that
// the kernel has are libc's own.
constexpr int kRealTimeFirst = 34;
constexpr int kSignalLast = 64;

namespace internal {

constexpr char Upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// Whether `text` begins with `word`, which is in upper case; then it is taken off.
constexpr bool Takes(std::string_view& text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (Upper(text[i]) != word[i]) return false;
  }
  text.remove_prefix(word.size());
  return true;
}

// "+3" as an offset into the real-time signals; an empty text is 0.
inline std::optional<int> RealTimeOffset(std::string_view text, char sign) {
  if (text.empty()) return 0;
  if (text[0] != sign) return std::nullopt;
  const auto offset = ParseNumber<unsigned>(text.substr(1));
  if (!offset || *offset > unsigned{kSignalLast - kRealTimeFirst}) return std::nullopt;
  return static_cast<int>(*offset);
}

}  // namespace internal

// The number that `text` is, or that of the signal it names: "9", "KILL", "SIGKILL", "sigkill",
// "SIGRTMIN+3", "RTMAX-1". Nothing for anything else.
inline std::optional<int> SignalNumber(std::string_view text) {
  if (const auto number = ParseNumber<unsigned>(text)) {
    return *number <= unsigned{kSignalLast} ? std::optional(static_cast<int>(*number))
                                            : std::nullopt;
  }
  internal::Takes(text, "SIG");
  if (internal::Takes(text, "RTMIN")) {
    const auto offset = internal::RealTimeOffset(text, '+');
    return offset ? std::optional(kRealTimeFirst + *offset) : std::nullopt;
  }
  if (internal::Takes(text, "RTMAX")) {
    const auto offset = internal::RealTimeOffset(text, '-');
    return offset ? std::optional(kSignalLast - *offset) : std::nullopt;
  }
  for (const auto& [name, number] : kSignals) {
    if (name.size() == text.size() && internal::Takes(text, name)) return number;
  }
  return std::nullopt;
}

}  // namespace agentbox::abi
