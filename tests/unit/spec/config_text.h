// Whole texts of config.json around the members that a test is about.
#pragma once

#include <string>

#include "spec/read_config.h"

namespace agentbox::spec {

inline std::string ConfigText(const std::string& in_process,
                              const std::string& in_linux,
                              const std::string& at_top) {
  const auto append = [](const std::string& members) {
    return members.empty() ? members : ", " + members;
  };
  return R"({"ociVersion": "1.3.0", "root": {"path": "rootfs"}, "process": {"user": {"uid": 0, )"
         R"("gid": 0}, "cwd": "/", "args": ["sh"])" +
         append(in_process) + R"(}, "linux": {"namespaces": [{"type": "mount"}])" +
         append(in_linux) + "}" + append(at_top) + "}";
}

inline std::string WithProcess(const std::string& members) {
  return ConfigText(members, {}, {});
}
inline std::string WithLinux(const std::string& members) {
  return ConfigText({}, members, {});
}
inline std::string WithTop(const std::string& members) {
  return ConfigText({}, {}, members);
}

// The error in `result`, if it holds one.
template <typename T>
std::string MessageOf(const Result<T>& result) {
  return result ? "" : result.error().ToString();
}

// The error of reading `text`; "no error" or "wrong kind" for what a test does not expect.
inline std::string ErrorOf(const std::string& text) {
  const auto config = ReadConfig(text);
  if (config) return "no error";
  return config.error().Kind() == ErrorKind::kInvalidSpec ? config.error().ToString()
                                                          : "wrong kind";
}

}  // namespace agentbox::spec
