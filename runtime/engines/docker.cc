// Docker: /etc/docker/daemon.json, `runtimes`.
#include <algorithm>

#include "engines/engine.h"
#include "json/edit.h"
#include "json/value.h"

namespace agentbox::engines {
namespace {

const json::Value* Find(const json::Value& object, std::string_view key) {
  const auto found = std::ranges::find(object.keys, key);
  return found == object.keys.end()
             ? nullptr
             : &object.items[static_cast<std::size_t>(found - object.keys.begin())];
}

}  // namespace

Result<std::string> AddToDocker(std::string_view text, const std::string& program) {
  // Arguments that an entry has besides the path stay.
  std::string edited = TRY(json::SetString(text, {"runtimes", "agentbox", "path"}, program));
  const json::Value root = TRY(json::Parse(edited));
  const json::Value& runtime = *Find(*Find(root, "runtimes"), "agentbox");
  if (Find(runtime, "runtimeType") != nullptr) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      "runtimes.agentbox has a runtimeType, which excludes a path: remove it"));
  }
  return edited;
}

Result<std::string> RemoveFromDocker(std::string_view text) {
  std::string edited = TRY(json::RemoveMember(text, {"runtimes", "agentbox"}));
  if (edited == text) return edited;
  const json::Value root = TRY(json::Parse(edited));
  const json::Value* const name = Find(root, "default-runtime");
  if (name != nullptr && name->text == "agentbox") {
    return Fail(Error(ErrorKind::kRefused,
                      "default-runtime is agentbox, without which dockerd would not start: "
                      "choose another one first"));
  }
  return edited;
}

}  // namespace agentbox::engines
