// Comparisons of the world with config.json, by the names of its fields.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "guest.h"

namespace agentbox::guest {

// Prints each fact as it is found: "ok process.umask", or "wrong process.umask: expected 22, found
// 0".
class Facts {
 public:
  template <typename T, typename U>
  void Compare(const std::string& name, const T& expected, const U& found) {
    Tell(name, nlohmann::json(expected), nlohmann::json(found));
  }

  bool AreAllRight() const { return !has_wrong_; }

 private:
  void Tell(const std::string& name, const nlohmann::json& expected, const nlohmann::json& found);

  bool has_wrong_ = false;
};

void CheckProcess(const nlohmann::json& process, Facts& facts);
void CheckScheduling(const nlohmann::json& process, Facts& facts);
void CheckHost(const nlohmann::json& config, Facts& facts);
void CheckMounts(const nlohmann::json& config, Facts& facts);
void CheckLinux(const nlohmann::json& linux_part, Facts& facts);
void CheckResources(const nlohmann::json& resources, Facts& facts);
// Each argument is a namespace that must be another's: "pid=pid:[4026531836]".
void CheckNamespaces(Arguments of_host, Facts& facts);

// The value after `key` in a file with lines "Key:\tvalue"; without blanks around it.
std::string StatusField(const std::string& file, const std::string& key);

std::string FirstLine(const std::string& file);
std::string LinkOf(const std::string& path);

}  // namespace agentbox::guest
