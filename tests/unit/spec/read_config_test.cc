#include "spec/read_config.h"

#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "unit/spec/config_text.h"

namespace agentbox::spec {
namespace {

BOOST_AUTO_TEST_SUITE(spec_read_config)

BOOST_AUTO_TEST_CASE(the_least_config_is_read) {
  const auto config = ReadConfig(WithTop(""));
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  BOOST_TEST(config->oci_version == "1.3.0");
  BOOST_TEST(config->root->path == "rootfs");
  BOOST_TEST(!config->root->readonly);
  BOOST_TEST(config->process->args.front() == "sh");
  BOOST_TEST(config->unknown_keys.empty());
}

BOOST_AUTO_TEST_CASE(everything_at_the_top_is_read) {
  const auto config = ReadConfig(R"({
    "ociVersion": "1.0.2-dev",
    "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", "args": ["sh"]},
    "root": {"path": "/rootfs", "readonly": true},
    "hostname": "h", "domainname": "d",
    "mounts": [{"destination": "/data", "type": "bind", "source": "/src", "options": ["rbind", "ro"],
                "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
                "gidMappings": [{"containerID": 1, "hostID": 4294967295, "size": 1}]},
               {"destination": "/proc"}],
    "annotations": {"org.example/key": "value"},
    "linux": {"namespaces": [{"type": "uts"}]}})");
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  BOOST_TEST(config->root->readonly);
  BOOST_TEST(config->hostname == "h");
  BOOST_TEST(config->domainname == "d");
  const Mount& mount = config->mounts.at(0);
  BOOST_TEST(mount.type + " " + mount.source + " " + mount.destination == "bind /src /data");
  BOOST_TEST(Join(mount.options, ",") == "rbind,ro");
  BOOST_TEST((mount.uid_mappings.at(0) == abi::IdMapping{0, 1000, 10}));
  BOOST_TEST((mount.gid_mappings.at(0) == abi::IdMapping{1, 4294967295, 1}));
  BOOST_TEST(config->mounts.at(1).type == "");
  BOOST_TEST(config->annotations.at("org.example/key") == "value");
}

BOOST_AUTO_TEST_CASE(hooks_of_all_kinds_are_read) {
  const auto config = ReadConfig(WithTop(R"("hooks": {
    "prestart": [{"path": "/a"}], "createRuntime": [{"path": "/b"}],
    "createContainer": [{"path": "/c"}], "startContainer": [{"path": "/d"}],
    "poststart": [{"path": "/e"}],
    "poststop": [{"path": "/f", "args": ["f", "x"], "env": ["A=1"], "timeout": 5}]})"));
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  const Hooks& hooks = config->hooks;
  BOOST_TEST(hooks.prestart.at(0).path + hooks.create_runtime.at(0).path +
                 hooks.create_container.at(0).path + hooks.start_container.at(0).path +
                 hooks.poststart.at(0).path + hooks.poststop.at(0).path ==
             "/a/b/c/d/e/f");
  BOOST_TEST(Join(hooks.poststop[0].args, " ") == "f x");
  BOOST_TEST(Join(hooks.poststop[0].env, " ") == "A=1");
  BOOST_TEST(hooks.poststop[0].timeout.value() == 5);
  BOOST_TEST(!hooks.prestart[0].timeout);
}

BOOST_AUTO_TEST_CASE(what_is_required_is_missed) {
  BOOST_TEST(ErrorOf("{}") == "ociVersion: is required");
  BOOST_TEST(ErrorOf(R"({"ociVersion": "1.0.0"})") == "process: is required");
  BOOST_TEST(ErrorOf(R"({"ociVersion": "1.0.0", "process": {"cwd": "/", "args": ["a"]}})") ==
             "process.user: is required");
  BOOST_TEST(ErrorOf(R"({"ociVersion": "1.0.0", "process": {"cwd": "/", "args": ["a"],
                         "user": {"uid": 0, "gid": 0}}})") == "root: is required");
  BOOST_TEST(ErrorOf(WithTop(R"("mounts": [{}])")) == "mounts[0].destination: is required");
  BOOST_TEST(ErrorOf(WithTop(R"("hooks": {"poststop": [{}]})")) ==
             "hooks.poststop[0].path: is required");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_at_the_top_is_an_error_with_its_path) {
  BOOST_TEST(ErrorOf("[]") == "expected an object, found a list");
  BOOST_TEST(ErrorOf(R"({"ociVersion": 1.0})") ==
             "ociVersion: expected a string, found the number 1.0");
  BOOST_TEST(ErrorOf(WithTop(R"("hostname": 1)")) ==
             "hostname: expected a string, found the number 1");
  BOOST_TEST(ErrorOf(WithTop(R"("mounts": {})")) == "mounts: expected a list, found an object");
  BOOST_TEST(ErrorOf(WithTop(R"("mounts": [{"destination": "/a", "options": "ro"}])")) ==
             "mounts[0].options: expected a list, found the string \"ro\"");
  BOOST_TEST(ErrorOf(WithTop(R"("mounts": [{"destination": "/a", "source": null}, "/b"])")) ==
             "mounts[1]: expected an object, found the string \"/b\"");
  BOOST_TEST(ErrorOf(WithTop(R"("annotations": {"a": 1})")) ==
             "annotations.a: expected a string, found the number 1");
  BOOST_TEST(ErrorOf(WithTop(R"("hooks": [])")) == "hooks: expected an object, found a list");
  BOOST_TEST(ErrorOf(WithTop(R"("hooks": {"prestart": [{"path": "/a", "timeout": "5"}]})")) ==
             "hooks.prestart[0].timeout: expected an integer, found the string \"5\"");
  BOOST_TEST(ErrorOf(WithTop(R"("linux": {})")) == "linux: the key is there twice");
}

BOOST_AUTO_TEST_CASE(versions_from_1_0_to_1_3_are_read) {
  const auto error = [](const std::string& version) {
    return ErrorOf(R"({"ociVersion": ")" + version + "\"}");
  };
  for (const char* version :
       {"1.0.0", "1.0.0-rc5", "1.0.2-dev", "1.1.0+dev", "1.2.1", "1.3.0", "1.3.7-rc.1+build.2"}) {
    BOOST_TEST(error(version) == "process: is required", version);
  }
  for (const char* version : {"0.2.0", "2.0.0", "1.4.0", "1.10.0"}) {
    BOOST_TEST(error(version) == "ociVersion: \"" + std::string(version) +
                                     "\" is not supported (1.0.0 to 1.3.x are)");
  }
  for (const char* version : {"",
                              "1",
                              "1.0",
                              "1.0.0.0",
                              "v1.0.0",
                              "1.0.x",
                              "01.0.0",
                              "1.0.0-",
                              "1.0.0 ",
                              "1.-0.0",
                              "1.0.0-a b"}) {
    BOOST_TEST(error(version) == "ociVersion: \"" + std::string(version) +
                                     "\" is not a semantic version, such as \"1.0.2\"");
  }
}

BOOST_AUTO_TEST_CASE(unknown_keys_are_listed_and_do_no_harm) {
  const auto config =
      ReadConfig(ConfigText(R"("future": 1, "scheduler": {"policy": "SCHED_OTHER", "x": {}})",
                            R"("resources": {"memory": {"limit": 1, "zswap": 1}})",
                            R"("windows": {}, "mounts": [{"destination": "/a", "z": []}])"));
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  BOOST_TEST(Join(config->unknown_keys, " ") ==
             "process.scheduler.x process.future mounts[0].z linux.resources.memory.zswap windows");
  // Not even keys that differ in case alone from known ones, which Go's reader takes for them.
  BOOST_TEST(Join(ReadConfig(WithProcess(R"("noNewprivileges": true)"))->unknown_keys, " ") ==
             "process.noNewprivileges");
}

BOOST_AUTO_TEST_CASE(rules_at_the_top_are_kept) {
  BOOST_TEST(ErrorOf(WithTop(R"("mounts": [{"destination": ""}])")) ==
             "mounts[0].destination: expected a path");
  BOOST_TEST(ErrorOf(WithTop(R"("mounts": [{"destination": "/d", "uidMappings":
                               [{"containerID": 0, "hostID": 0, "size": 1}]}])")) ==
             "mounts[0]: uidMappings and gidMappings go together: one of them is missing");
  BOOST_TEST(ErrorOf(WithTop(R"("hooks": {"createContainer": [{"path": "hook"}]})")) ==
             "hooks.createContainer[0].path: \"hook\" is not an absolute path");
  BOOST_TEST(ErrorOf(WithTop(R"("hooks": {"poststart": [{"path": "/h", "timeout": 0}]})")) ==
             "hooks.poststart[0].timeout: expected more than 0 seconds, found 0");
  BOOST_TEST(ErrorOf(WithTop(R"("hooks": {"startContainer": [{"path": "/h", "timeout": -1}]})")) ==
             "hooks.startContainer[0].timeout: expected more than 0 seconds, found -1");
  BOOST_TEST(ErrorOf(WithTop(R"("annotations": {"": "x"})")) == "annotations: a key is empty");
  BOOST_TEST(ErrorOf(WithTop(R"("hostname": "h")")) ==
             "hostname: needs a uts namespace in linux.namespaces");
  BOOST_TEST(ErrorOf(WithTop(R"("domainname": "d")")) ==
             "domainname: needs a uts namespace in linux.namespaces");
  BOOST_TEST(ErrorOf(R"({"ociVersion": "1.0.0", "root": {"path": ""}, "process": {"cwd": "/",
                         "args": ["a"], "user": {"uid": 0, "gid": 0}}})") == "root.path: is empty");
}

BOOST_AUTO_TEST_CASE(a_process_alone_is_read_with_the_name_of_its_file) {
  const auto process =
      ReadProcess(R"({"user": {"uid": 1, "gid": 2}, "cwd": "/", "args": ["id"]})", "p.json");
  BOOST_REQUIRE(process);
  BOOST_TEST(process->user.gid == 2U);
  BOOST_TEST(ReadProcess(R"({"user": {"uid": "1", "gid": 2}})", "p.json").error().ToString() ==
             "p.json: user.uid: expected an unsigned integer, found the string \"1\"");
  BOOST_TEST(ReadProcess(R"({"user": {"uid": 1, "gid": 2}, "cwd": "x", "args": ["id"]})", "p.json")
                 .error()
                 .ToString() == "p.json: cwd: \"x\" is not an absolute path");
  BOOST_TEST(ReadProcess("{", "p.json").error().ToString() ==
             "p.json: line 1, column 1: parse error: premature EOF");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::spec
