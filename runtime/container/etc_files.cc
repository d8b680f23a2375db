#include "container/etc_files.h"

#include "base/strings.h"

namespace agentbox::container {
namespace {

constexpr std::string_view kKeyword = "nameserver";

// The address of a line that names a name server, else empty.
std::string_view AddressIn(std::string_view line) {
  if (!line.starts_with(kKeyword)) return {};
  line.remove_prefix(kKeyword.size());
  if (line.empty() || (line.front() != ' ' && line.front() != '\t')) return {};
  const std::string_view rest = Trimmed(line);
  return rest.substr(0, rest.find_first_of(" \t"));
}

bool IsLoopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address == "0.0.0.0";
}

}  // namespace

std::string NameServers(std::string_view text, std::string_view substitute) {
  std::string result;
  bool has_substitute = false;
  for (const std::string_view line : Split(text, '\n')) {
    if (line.empty()) continue;
    if (!IsLoopback(AddressIn(line))) {
      result += std::string(line) + "\n";
    } else if (!has_substitute) {
      result += std::string(kKeyword) + " " + std::string(substitute) + "\n";
      has_substitute = true;
    }
  }
  return result;
}

std::string ShadowFile(std::string_view passwd) {
  // The day of the last change: 0 would ask for a new password at once.
  constexpr std::string_view kNoPasswordAndNoExpiry = ":*:1:0:99999:7:::\n";
  std::string shadow;
  for (const std::string_view line : Split(passwd, '\n')) {
    const std::string_view name = line.substr(0, line.find(':'));
    if (!name.empty() && name.size() < line.size()) {
      shadow += std::string(name) + std::string(kNoPasswordAndNoExpiry);
    }
  }
  return shadow;
}

}  // namespace agentbox::container
