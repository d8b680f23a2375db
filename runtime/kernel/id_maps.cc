#include "kernel/id_maps.h"

#include <fcntl.h>

#include <string>
#include <string_view>

#include "base/strings.h"
#include "kernel/file.h"

namespace agentbox::kernel {
namespace {

std::string ToText(const std::vector<abi::IdMapping>& map) {
  std::string text;
  for (const abi::IdMapping& line : map) {
    text += std::to_string(line.container) + " " + std::to_string(line.host) + " " +
            std::to_string(line.count) + "\n";
  }
  return text;
}

Result<std::vector<abi::IdMapping>> ReadMap(const std::string& path) {
  const std::string text = TRY(ReadFile(AT_FDCWD, path));
  std::vector<abi::IdMapping> map;
  for (const std::string_view line : Split(text, '\n')) {
    std::vector<std::uint32_t> numbers;
    for (const std::string_view word : Split(line, ' ')) {
      const auto number = ParseNumber<std::uint32_t>(word);
      if (number) numbers.push_back(*number);
    }
    if (numbers.size() == 3) map.push_back({numbers[0], numbers[1], numbers[2]});
  }
  return map;
}

}  // namespace

Result<void> WriteIdMaps(pid_t pid, const abi::IdMaps& maps) {
  const std::string process = "/proc/" + std::to_string(pid);
  TRY(WriteFile(AT_FDCWD, process + "/uid_map", ToText(maps.uids)));
  TRY(WriteFile(AT_FDCWD, process + "/gid_map", ToText(maps.gids)));
  return {};
}

Result<abi::IdMaps> ReadIdMaps(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  abi::IdMaps maps;
  maps.uids = TRY(ReadMap(process + "/uid_map"));
  maps.gids = TRY(ReadMap(process + "/gid_map"));
  return maps;
}

}  // namespace agentbox::kernel
