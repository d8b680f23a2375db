#include "apply/template_layers.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>

#include "apply/idmapped.h"
#include "apply/mapping_namespace.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

Error OtherIds(const std::string& name) {
  return Error(ErrorKind::kUnsupported,
               "template " + Quoted(name) +
                   " was made under other ids, which only root can show as this sandbox's");
}

// `mapping`, a namespace that is made for the first layer, serves those made under the same ids.
struct Mapping {
  abi::IdMaps from;
  UniqueFd mapping;
};

Result<UniqueFd> Clone(const plan::TemplateLayer& layer, const SandboxIds& ids, Mapping& last) {
  const UniqueFd directory =
      TRY(kernel::Open(AT_FDCWD, layer.directory, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  UniqueFd mount = TRY(kernel::CloneTree(directory.Get(), "", /*recursive=*/false));
  if (layer.maps == ids.maps) return mount;
  if (!ids.in_initial_user_namespace) return Fail(OtherIds(layer.name));
  if (!last.mapping || last.from != layer.maps) {
    last.mapping = TRY(MakeMappingNamespace({.uids = IdsBetween(layer.maps.uids, ids.maps.uids),
                                             .gids = IdsBetween(layer.maps.gids, ids.maps.gids)}));
    last.from = layer.maps;
  }
  auto mapped = kernel::SetIdmap(mount, last.mapping.Get(), /*recursive=*/false);
  if (!mapped) {
    return Fail(NoIdmap(std::move(mapped).error(), directory.Get(), layer.directory));
  }
  return mount;
}

}  // namespace

Result<void> AddTemplateLayers(const std::vector<plan::TemplateLayer>& templates,
                               const SandboxIds& ids,
                               OverlayLayers& layers) {
  Mapping last;
  for (const plan::TemplateLayer& layer : templates) {
    layers.lower.push_back(TRY_WITHIN(Clone(layer, ids, last), "template " + Quoted(layer.name)));
  }
  return {};
}

Result<void> CheckTemplateMarks(const std::vector<plan::TemplateLayer>& templates, bool userxattr) {
  for (const plan::TemplateLayer& layer : templates) {
    if (layer.uses_user_xattrs == userxattr) continue;
    return Fail(Error(ErrorKind::kUnsupported,
                      "template " + Quoted(layer.name) + " was made " +
                          (userxattr ? "by root" : "without root") +
                          ", and what it has removed would be seen here: make it anew"));
  }
  return {};
}

Result<void> CopyOwnershipAsIs(const UniqueFd& model, const UniqueFd& directory) {
  const struct stat status = TRY(kernel::Stat(model.Get()));
  return kernel::SetOwnership(
      directory.Get(), status.st_uid, status.st_gid, status.st_mode & 07777U);
}

std::vector<abi::IdMapping> IdsBetween(const std::vector<abi::IdMapping>& from,
                                       const std::vector<abi::IdMapping>& to) {
  std::vector<abi::IdMapping> map;
  for (const abi::IdMapping& old_line : from) {
    for (const abi::IdMapping& new_line : to) {
      const std::uint64_t old_end = std::uint64_t{old_line.container} + old_line.count;
      const std::uint64_t new_end = std::uint64_t{new_line.container} + new_line.count;
      const std::uint32_t first = std::max(old_line.container, new_line.container);
      const std::uint64_t end = std::min(old_end, new_end);
      if (first >= end) continue;
      map.push_back({.container = old_line.host + (first - old_line.container),
                     .host = new_line.host + (first - new_line.container),
                     .count = static_cast<std::uint32_t>(end - first)});
    }
  }
  return map;
}

}  // namespace agentbox::apply
