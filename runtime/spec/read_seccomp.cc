// config-linux.md#seccomp.

#include "spec/names.h"
#include "spec/object_readers.h"

namespace agentbox::spec {
namespace {

Result<SeccompArgument> ReadArgument(const json::Reader& object) {
  SeccompArgument argument;
  argument.index = TRY(object.Required<std::uint32_t>("index"));
  argument.value = TRY(object.Required<std::uint64_t>("value"));
  argument.value_two = TRY(object.OptionalOr<std::uint64_t>("valueTwo", 0));
  argument.op = TRY(object.RequiredChoice("op", kSeccompOperators));
  return argument;
}

Result<SeccompRule> ReadRule(const json::Reader& object) {
  SeccompRule rule;
  rule.names = TRY(object.OptionalList<std::string>("names"));
  rule.action = TRY(object.RequiredChoice("action", kSeccompActions));
  rule.errno_ret = TRY(object.Optional<std::uint32_t>("errnoRet"));
  rule.args = TRY(object.ObjectList("args", ReadArgument));
  return rule;
}

}  // namespace

Result<Seccomp> ReadSeccompObject(const json::Reader& object) {
  Seccomp seccomp;
  seccomp.default_action = TRY(object.RequiredChoice("defaultAction", kSeccompActions));
  seccomp.default_errno_ret = TRY(object.Optional<std::uint32_t>("defaultErrnoRet"));
  seccomp.architectures = TRY(object.ChoiceList("architectures", kSeccompArchitectures));
  seccomp.flags = TRY(object.ChoiceList("flags", kSeccompFlags));
  seccomp.listener_path = TRY(object.OptionalOr<std::string>("listenerPath", {}));
  seccomp.listener_metadata = TRY(object.OptionalOr<std::string>("listenerMetadata", {}));
  seccomp.syscalls = TRY(object.ObjectList("syscalls", ReadRule));
  return seccomp;
}

}  // namespace agentbox::spec
