#include "plan/mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace agentbox::plan {
namespace {

// What an option sets and clears, as attr_set and attr_clr of mount_setattr(2). The three kinds of
// access time are one field, cleared before it is set.
struct AttributeOption {
  std::string_view name;  // with an "r" before it, also for the mounts below
  std::uint64_t set;
  std::uint64_t clear;
};

constexpr std::array kAttributeOptions = {
    AttributeOption{"ro", MOUNT_ATTR_RDONLY, 0},
    AttributeOption{"rw", 0, MOUNT_ATTR_RDONLY},
    AttributeOption{"nosuid", MOUNT_ATTR_NOSUID, 0},
    AttributeOption{"suid", 0, MOUNT_ATTR_NOSUID},
    AttributeOption{"nodev", MOUNT_ATTR_NODEV, 0},
    AttributeOption{"dev", 0, MOUNT_ATTR_NODEV},
    AttributeOption{"noexec", MOUNT_ATTR_NOEXEC, 0},
    AttributeOption{"exec", 0, MOUNT_ATTR_NOEXEC},
    AttributeOption{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    AttributeOption{"diratime", 0, MOUNT_ATTR_NODIRATIME},
    AttributeOption{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    AttributeOption{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
    AttributeOption{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    AttributeOption{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    AttributeOption{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    // The kernel's default, which is to have neither, is relatime.
    AttributeOption{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    AttributeOption{"norelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    AttributeOption{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
};

struct PropagationOption {
  std::string_view name;
  std::uint64_t value;
};

constexpr std::array kPropagations = {
    PropagationOption{"private", MS_PRIVATE},
    PropagationOption{"rprivate", MS_PRIVATE | MS_REC},
    PropagationOption{"slave", MS_SLAVE},
    PropagationOption{"rslave", MS_SLAVE | MS_REC},
    PropagationOption{"shared", MS_SHARED},
    PropagationOption{"rshared", MS_SHARED | MS_REC},
    PropagationOption{"unbindable", MS_UNBINDABLE},
    PropagationOption{"runbindable", MS_UNBINDABLE | MS_REC},
};

// "remount" of what is made new, and "iversion", which no mount can ask for any more, mean nothing.
constexpr std::array<std::string_view, 12> kWithoutEffect = {"defaults",
                                                             "async",
                                                             "nomand",
                                                             "iversion",
                                                             "noiversion",
                                                             "nolazytime",
                                                             "remount",
                                                             "silent",
                                                             "loud",
                                                             "nofail",
                                                             "auto",
                                                             "noauto"};

constexpr std::array<std::string_view, 4> kOfFilesystem = {"dirsync", "lazytime", "mand", "sync"};

void Apply(const AttributeOption& option, abi::MountAttributes& attributes) {
  attributes.set = (attributes.set & ~option.clear) | option.set;
  attributes.clear = (attributes.clear & ~option.set) | option.clear;
}

const AttributeOption* Find(std::string_view name) {
  const auto* found = std::ranges::find(kAttributeOptions, name, &AttributeOption::name);
  return found != kAttributeOptions.end() ? found : nullptr;
}

// Whether `attributes` has what the option asks for, and no option before it says the same.
bool IsShown(const AttributeOption& option, const abi::MountAttributes& attributes) {
  const auto* const first =
      std::ranges::find_if(kAttributeOptions, [&](const AttributeOption& other) {
        return other.set == option.set && other.clear == option.clear;
      });
  if (first->name != option.name) return false;
  if (option.clear != MOUNT_ATTR__ATIME) {
    return (attributes.set & option.set) != 0 || (attributes.clear & option.clear) != 0;
  }
  return (attributes.clear & MOUNT_ATTR__ATIME) != 0 &&
         (attributes.set & MOUNT_ATTR__ATIME) == option.set;
}

Result<abi::IdMapping> ParseMapping(std::string_view text) {
  if (text.starts_with('@')) text.remove_prefix(1);
  const auto parts = Split(text, '-');
  if (parts.size() == 3) {
    const auto from = ParseNumber<std::uint32_t>(parts[0]);
    const auto to = ParseNumber<std::uint32_t>(parts[1]);
    const auto count = ParseNumber<std::uint32_t>(parts[2]);
    if (from && to && count && *count > 0) {
      return abi::IdMapping{.container = *from, .host = *to, .count = *count};
    }
  }
  return Fail(
      Error(ErrorKind::kInvalidSpec, "idmap: expected FROM-TO-COUNT, found " + Quoted(text)));
}

}  // namespace

bool ApplyOption(std::string_view option, MountStep& step) {
  if (const AttributeOption* const own = Find(option)) {
    Apply(*own, step.attributes);
    return true;
  }
  if (const auto propagation = ParsePropagation(option)) {
    step.propagation = *propagation;
    return true;
  }
  if (!option.starts_with('r')) return false;
  const AttributeOption* const below = Find(option.substr(1));
  if (below == nullptr) return false;
  Apply(*below, step.attributes_below);
  return true;
}

std::vector<std::string> MountOptionNames() {
  std::vector<std::string> names = {"bind",
                                    "rbind",
                                    "idmap",
                                    "ridmap",
                                    "copy-symlink",
                                    "dest-nofollow",
                                    "src-nofollow",
                                    "tmpcopyup"};
  for (const AttributeOption& option : kAttributeOptions) {
    names.emplace_back(option.name);
    names.push_back("r" + std::string(option.name));
  }
  for (const PropagationOption& option : kPropagations)
    names.emplace_back(option.name);
  names.insert(names.end(), kWithoutEffect.begin(), kWithoutEffect.end());
  names.insert(names.end(), kOfFilesystem.begin(), kOfFilesystem.end());
  std::ranges::sort(names);
  return names;
}

bool IsWithoutEffect(std::string_view option) {
  // Podman asks for an empty one of the tmpfs that systemd gets.
  return option.empty() || std::ranges::find(kWithoutEffect, option) != kWithoutEffect.end();
}

bool IsOfFilesystem(std::string_view option) {
  return std::ranges::find(kOfFilesystem, option) != kOfFilesystem.end();
}

std::optional<std::uint64_t> ParsePropagation(std::string_view name) {
  const auto* found = std::ranges::find(kPropagations, name, &PropagationOption::name);
  if (found == kPropagations.end()) return std::nullopt;
  return found->value;
}

Result<MountIdmap> ParseIdmapOption(std::string_view text) {
  MountIdmap idmap;
  for (const std::string_view list : Split(text, ';')) {
    const bool is_uids = list.starts_with("uids=");
    if (!is_uids && !list.starts_with("gids=")) {
      return Fail(Error(ErrorKind::kInvalidSpec,
                        "idmap: expected \"uids=\" or \"gids=\", found " + Quoted(list)));
    }
    auto& map = is_uids ? idmap.maps.uids : idmap.maps.gids;
    for (const std::string_view line : Split(list.substr(5), '#')) {
      idmap.is_relative = idmap.is_relative || line.starts_with('@');
      map.push_back(TRY(ParseMapping(line)));
    }
  }
  return idmap;
}

std::string OptionsToString(const MountStep& step) {
  std::string text;
  for (const AttributeOption& option : kAttributeOptions) {
    if (IsShown(option, step.attributes)) text += ' ' + std::string(option.name);
  }
  for (const AttributeOption& option : kAttributeOptions) {
    if (IsShown(option, step.attributes_below)) text += " r" + std::string(option.name);
  }
  if (step.propagation != 0) text += ' ' + std::string(PropagationName(step.propagation));
  return text;
}

std::string_view PropagationName(std::uint64_t propagation) {
  const auto* found = std::ranges::find(kPropagations, propagation, &PropagationOption::value);
  return found == kPropagations.end() ? std::string_view() : found->name;
}

}  // namespace agentbox::plan
