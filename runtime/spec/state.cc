#include "spec/state.h"

#include "json/writer.h"

namespace agentbox::spec {
namespace {

// The members in the order of the specification, between braces that the caller writes.
void WriteMembers(json::Writer& writer, const State& state) {
  writer.Member("ociVersion", state.oci_version);
  writer.Member("id", state.id);
  writer.Member("status", state.status);
  // The specification wants it for created and running containers alone; 0 would be taken for one.
  if (state.pid != 0) writer.Member("pid", state.pid);
  writer.Member("bundle", state.bundle);
  if (!state.annotations.empty()) writer.Member("annotations", state.annotations);
}

// In runc's order, with a pid of 0 where there is none: engines' readers expect the key.
void Write(json::Writer& writer, const ContainerState& container) {
  writer.BeginObject();
  writer.Member("ociVersion", container.state.oci_version);
  writer.Member("id", container.state.id);
  writer.Member("pid", container.state.pid);
  writer.Member("status", container.state.status);
  writer.Member("bundle", container.state.bundle);
  writer.Member("rootfs", container.rootfs);
  writer.Member("created", container.created);
  if (!container.state.annotations.empty()) {
    writer.Member("annotations", container.state.annotations);
  }
  writer.Member("owner", container.owner);
  writer.End();
}

}  // namespace

std::string WriteState(const State& state) {
  json::Writer writer;
  writer.BeginObject();
  WriteMembers(writer, state);
  writer.End();
  return std::move(writer).Take();
}

std::string WriteState(const ContainerState& state) {
  json::Writer writer("  ");
  Write(writer, state);
  return std::move(writer).Take();
}

std::string WriteList(const std::vector<ContainerState>& states) {
  if (states.empty()) return "null";
  json::Writer writer;
  writer.BeginList();
  for (const ContainerState& state : states)
    Write(writer, state);
  writer.End();
  return std::move(writer).Take();
}

std::string WriteContainerProcessState(const ContainerProcessState& process) {
  json::Writer writer;
  writer.BeginObject();
  writer.Member("ociVersion", process.oci_version);
  writer.Member("fds", std::vector<std::string>{"seccompFd"});
  writer.Member("pid", process.pid);
  if (!process.metadata.empty()) writer.Member("metadata", process.metadata);
  writer.BeginObject("state");
  WriteMembers(writer, process.state);
  writer.End();
  writer.End();
  return std::move(writer).Take();
}

}  // namespace agentbox::spec
