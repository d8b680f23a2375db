#include "spec/state.h"

#include <vector>

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

}  // namespace

std::string WriteState(const State& state) {
  json::Writer writer;
  writer.BeginObject();
  WriteMembers(writer, state);
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
