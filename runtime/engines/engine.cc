#include "engines/engine.h"

#include <algorithm>
#include <array>

namespace agentbox::engines {
namespace {

constexpr std::array kEngines = {
    Engine{.name = "docker",
           .programs = "dockerd",
           .file = "/etc/docker/daemon.json",
           .add = AddToDocker,
           .remove = RemoveFromDocker,
           .reload = "systemctl reload docker",
           .usage = "docker run --runtime=agentbox IMAGE"},
    Engine{.name = "podman",
           .programs = "podman buildah",
           .file = "/etc/containers/containers.conf.d/50-agentbox.conf",
           .is_drop_in = true,
           .add = AddToPodman,
           .remove = RemoveFromPodman,
           .usage = "podman --runtime agentbox run IMAGE"},
    Engine{.name = "containerd",
           .programs = "containerd",
           .file = "/etc/containerd/config.toml",
           .add = AddToContainerd,
           .remove = RemoveFromContainerd,
           .reload = "systemctl restart containerd",
           .usage = "a RuntimeClass with the handler agentbox"},
    Engine{.name = "cri-o",
           .programs = "crio",
           .file = "/etc/crio/crio.conf.d/50-agentbox.conf",
           .is_drop_in = true,
           .add = AddToCrio,
           .remove = RemoveFromCrio,
           .reload = "systemctl restart crio",
           .usage = "a RuntimeClass with the handler agentbox"},
};

}  // namespace

std::span<const Engine> Engines() {
  return kEngines;
}

const Engine* FindEngine(std::string_view name) {
  const auto found = std::ranges::find(kEngines, name, &Engine::name);
  return found == kEngines.end() ? nullptr : &*found;
}

}  // namespace agentbox::engines
