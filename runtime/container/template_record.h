// What is known of a template: template.json beside its layer. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"

namespace agentbox::container {

struct TemplateRecord {
  std::string name;
  std::string parent;  // the template that its layer lies on; empty: none
  // The root file system that it was made on, a directory of the host; empty: the host's own.
  std::string image;
  std::string system;                // that this was (os_release.h); empty: not known
  std::vector<std::string> command;  // of `--run`
  std::string container;             // the id of `--from`
  std::string created;               // RFC 3339, UTC
  abi::IdMaps maps;                  // files of the layer have the host's ids of these
  bool uses_user_xattrs = false;     // overlay's marks are user.overlay.*, not trusted.overlay.*
  std::uint64_t size = 0;            // bytes on disk
  std::uint64_t files = 0;           // entries, directories among them
};

// The text of template.json, and what it says.
std::string ToJson(const TemplateRecord& record);
Result<TemplateRecord> ReadTemplateRecord(std::string_view text);

// kUsage, with the rule, for what can not be a template's name: 1 to 100 of A-Z a-z 0-9 _ + . -, of
// which the first is a letter or a digit.
Result<void> CheckTemplateName(const std::string& name);

}  // namespace agentbox::container
