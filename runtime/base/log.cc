#include "base/log.h"

#include <unistd.h>

#include <array>
#include <ctime>

#include "base/printable.h"

namespace agentbox {
namespace {

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

std::string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text = {};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

// Bytes that are not UTF-8 are left as they are, as an engine's parser replaces them.
std::string JsonString(std::string_view text) {
  return QuotedWith("\\u00", text);
}

}  // namespace

void Log::Write(LogLevel level, std::string_view message) const {
  if (level < least_) return;
  const std::string name(Name(level));
  std::string line;
  if (format_ == LogFormat::kJson) {
    line = "{\"level\":\"" + name + "\",\"msg\":" + JsonString(message) + ",\"time\":\"" + Now() +
           "\"}\n";
  } else if (file_) {
    line = "time=\"" + Now() + "\" level=" + name + " msg=" + JsonString(message) + "\n";
  } else {
    const std::string mark = level == LogLevel::kError ? "" : name + ": ";
    line = "agentbox: " + mark + Printable(message) + "\n";
  }
  // There is nobody to tell when the log itself can not be written.
  [[maybe_unused]] const auto written =
      ::write(file_ ? file_.Get() : STDERR_FILENO, line.data(), line.size());
}

}  // namespace agentbox
