#include "container/limit_means.h"

#include <fcntl.h>

#include "apply/image.h"
#include "kernel/file.h"
#include "kernel/quota.h"

namespace agentbox::container {

plan::LimitMeans FindLimitMeans(const policy::Policy& policy,
                                const plan::HostFacts& facts,
                                const std::string& directory) {
  const bool is_host_root =
      facts.euid == 0 && facts.in_initial_user_namespace && facts.has_sys_admin;
  const bool has_limit = !policy.disk_limit || *policy.disk_limit != 0;
  if (!is_host_root || !has_limit) return {};
  plan::LimitMeans means;
  const auto place = kernel::Open(AT_FDCWD, ExistingPart(directory), O_PATH | O_DIRECTORY);
  means.has_project_quota = place && kernel::HasProjectQuota(place->Get());
  // The default is not worth an image.
  means.has_images = policy.disk_limit && !means.has_project_quota && HasImages();
  return means;
}

bool HasImages() {
  const auto exists = kernel::Exists(AT_FDCWD, "/dev/loop-control");
  return exists && *exists && !apply::FindMke2fs().empty();
}

std::string ExistingPart(std::string path) {
  for (;;) {
    const auto exists = kernel::Exists(AT_FDCWD, path);
    if ((exists && *exists) || path.size() <= 1) return path.empty() ? "/" : path;
    path.resize(path.rfind('/'));
  }
}

}  // namespace agentbox::container
