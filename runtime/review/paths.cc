#include "review/paths.h"

#include "plan/mounts.h"

namespace agentbox::review {

std::optional<std::string> PathInTree(const std::string& source,
                                      const std::string& cwd,
                                      const std::string& given) {
  const std::string path = plan::CleanPath(given.starts_with('/') ? given : cwd + "/" + given);
  if (plan::IsAtOrBelow(source, path)) return ".";
  if (!plan::IsAtOrBelow(path, source)) return std::nullopt;
  return path.substr(source == "/" ? 1 : source.size() + 1);
}

bool IsAtOrBelow(const std::string& path, const std::string& directory) {
  return directory == "." || plan::IsAtOrBelow(path, directory);
}

bool IsBelow(const std::string& path, const std::string& directory) {
  return path != directory && IsAtOrBelow(path, directory);
}

std::string ParentOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string_view NameOf(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace agentbox::review
