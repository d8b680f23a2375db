#include "facts.h"

#include <unistd.h>

#include <climits>
#include <cstdio>
#include <fstream>

namespace agentbox::guest {

void Facts::Tell(const std::string& name,
                 const nlohmann::json& expected,
                 const nlohmann::json& found) {
  if (expected == found) {
    std::printf("ok %s\n", name.c_str());
    return;
  }
  has_wrong_ = true;
  std::printf("wrong %s: expected %s, found %s\n",
              name.c_str(),
              expected.dump().c_str(),
              found.dump().c_str());
}

std::string StatusField(const std::string& file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key + ":")) continue;
    const auto begin = line.find_first_not_of(" \t", key.size() + 1);
    const auto end = line.find_last_not_of(" \t");
    return begin == std::string::npos ? "" : line.substr(begin, end - begin + 1);
  }
  return "(no " + key + ")";
}

std::string FirstLine(const std::string& file) {
  std::ifstream lines(file);
  std::string line;
  if (!std::getline(lines, line)) return "(nothing to read)";
  return line;
}

std::string LinkOf(const std::string& path) {
  char target[PATH_MAX];
  const auto size = ::readlink(path.c_str(), target, sizeof target);
  return size < 0 ? "(no link)" : std::string(target, static_cast<std::size_t>(size));
}

}  // namespace agentbox::guest
