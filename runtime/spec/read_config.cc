#include "spec/read_config.h"

#include "json/reader.h"
#include "spec/object_readers.h"
#include "spec/validate.h"

namespace agentbox::spec {
namespace {

Result<Root> ReadRoot(const json::Reader& object) {
  Root root;
  root.path = TRY(object.Required<std::string>("path"));
  root.readonly = TRY(object.OptionalOr<bool>("readonly", false));
  return root;
}

Result<Mount> ReadMount(const json::Reader& object) {
  Mount mount;
  mount.destination = TRY(object.Required<std::string>("destination"));
  mount.type = TRY(object.OptionalOr<std::string>("type", {}));
  mount.source = TRY(object.OptionalOr<std::string>("source", {}));
  mount.options = TRY(object.OptionalList<std::string>("options"));
  mount.uid_mappings = TRY(object.ObjectList("uidMappings", ReadIdMapping));
  mount.gid_mappings = TRY(object.ObjectList("gidMappings", ReadIdMapping));
  return mount;
}

Result<Hook> ReadHook(const json::Reader& object) {
  Hook hook;
  hook.path = TRY(object.Required<std::string>("path"));
  hook.args = TRY(object.OptionalList<std::string>("args"));
  hook.env = TRY(object.OptionalList<std::string>("env"));
  hook.timeout = TRY(object.Optional<std::int64_t>("timeout"));
  return hook;
}

Result<Hooks> ReadHooks(const json::Reader& object) {
  Hooks hooks;
  hooks.prestart = TRY(object.ObjectList("prestart", ReadHook));
  hooks.create_runtime = TRY(object.ObjectList("createRuntime", ReadHook));
  hooks.create_container = TRY(object.ObjectList("createContainer", ReadHook));
  hooks.start_container = TRY(object.ObjectList("startContainer", ReadHook));
  hooks.poststart = TRY(object.ObjectList("poststart", ReadHook));
  hooks.poststop = TRY(object.ObjectList("poststop", ReadHook));
  return hooks;
}

Result<Config> ReadConfigObject(const json::Reader& object) {
  Config config;
  config.oci_version = TRY(object.Required<std::string>("ociVersion"));
  // Before all else: the rest may be of a version that we can not read.
  TRY(CheckVersion(config.oci_version));
  config.process = TRY(object.OptionalObject("process", ReadProcessObject));
  config.root = TRY(object.OptionalObject("root", ReadRoot));
  config.hostname = TRY(object.OptionalOr<std::string>("hostname", {}));
  config.domainname = TRY(object.OptionalOr<std::string>("domainname", {}));
  config.mounts = TRY(object.ObjectList("mounts", ReadMount));
  const auto hooks = TRY(object.OptionalObject("hooks", ReadHooks));
  config.hooks = hooks.value_or(Hooks());
  config.annotations = TRY(object.OptionalMap<std::string>("annotations"));
  config.linux_ = TRY(object.OptionalObject("linux", ReadLinuxObject));
  return config;
}

}  // namespace

Result<Config> ReadConfig(std::string_view text) {
  std::vector<std::string> unknown;
  Config config = TRY(json::ReadText(text, unknown, ReadConfigObject));
  TRY(Validate(config));
  config.unknown_keys = std::move(unknown);
  return config;
}

Result<Process> ReadProcess(std::string_view text, const std::string& name) {
  std::vector<std::string> unknown;
  Process process = TRY_WITHIN(json::ReadText(text, unknown, ReadProcessObject), name);
  TRY_WITHIN(Validate(process, {}), name);
  return process;
}

Result<Resources> ReadResources(std::string_view text) {
  std::vector<std::string> unknown;
  Resources resources = TRY(json::ReadText(text, unknown, ReadResourcesObject));
  TRY(Validate(resources, {}));
  return resources;
}

}  // namespace agentbox::spec
