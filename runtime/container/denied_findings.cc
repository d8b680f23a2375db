#include "container/denied_findings.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "apply/mount_aliases.h"
#include "base/strings.h"

namespace agentbox::container {
namespace {

// Each is a whiteout or a mount.
constexpr std::size_t kMostDenied = 10'000;

// Empty for a path right below "/".
std::string Parent(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::vector<std::string> AliasesOf(const DeniedFile& file,
                                   const std::vector<kernel::MountEntry>& mounts) {
  if (file.beneath.empty()) return apply::AliasesOf(file.path, mounts);
  const kernel::MountEntry* const own = apply::MountOf(file.beneath, mounts);
  if (own == nullptr) return {};
  return apply::AliasesOn(*own, file.path, mounts);
}

}  // namespace

Result<bool> Findings::Note(const std::string& path,
                            const std::string& rule,
                            const std::string& beneath) {
  if (!paths_.insert(path).second) return false;
  files_.push_back({path, rule, beneath});
  if (files_.size() <= kMostDenied) return true;
  return Fail(Error(ErrorKind::kRefused,
                    "deny rules: more than " + std::to_string(kMostDenied) +
                        " files are denied, the last of them " + Quoted(path) + " (" + rule +
                        "): a rule of the policy is too wide"));
}

bool Findings::IsNoted(const std::string& path) const {
  std::string at = path;
  while (!at.empty() && !paths_.contains(at))
    at = Parent(at);
  return !at.empty();
}

void Findings::AddAliases(const std::vector<kernel::MountEntry>& mounts) {
  const std::size_t count = files_.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (std::string& alias : AliasesOf(files_[i], mounts)) {
      if (!paths_.insert(alias).second) continue;
      files_.push_back({std::move(alias), files_[i].rule + ", as " + files_[i].path});
    }
  }
}

std::vector<DeniedFile> Findings::Outermost() const {
  std::vector<DeniedFile> outermost;
  std::ranges::copy_if(files_, std::back_inserter(outermost), [this](const DeniedFile& file) {
    return !IsNoted(Parent(file.path));
  });
  std::ranges::sort(outermost, {}, &DeniedFile::path);
  return outermost;
}

}  // namespace agentbox::container
