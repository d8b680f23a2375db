// What registers the runtime with each engine: the texts of their configuration.
#include <string>

#include <boost/test/unit_test.hpp>

#include "engines/engine.h"
#include "engines/id_tables.h"

namespace agentbox::engines {
namespace {

constexpr const char* kProgram = "/usr/local/bin/agentbox";

std::string Text(const Result<std::string>& text) {
  return text ? *text : text.error().ToString();
}

// Adding is done once, and removing undoes it.
void CheckRoundTrip(std::string_view name, const std::string& text) {
  const Engine& engine = *FindEngine(name);
  const std::string with = Text(engine.add(text, kProgram));
  BOOST_TEST(with.find(kProgram) != std::string::npos, with);
  BOOST_TEST(Text(engine.add(with, kProgram)) == with);
  BOOST_TEST(Text(engine.remove(with)) == text);
}

// The program of an earlier installation is replaced, and nothing else.
void CheckMove(std::string_view name) {
  const Engine& engine = *FindEngine(name);
  const std::string old = Text(engine.add("", "/old/agentbox"));
  BOOST_TEST(Text(engine.add(old, kProgram)) == Text(engine.add("", kProgram)));
}

const std::string kDebianConfig = R"(version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
  [plugins."io.containerd.internal.v1.opt"]
    path = "/var/lib/containerd/opt"
)";

BOOST_AUTO_TEST_SUITE(engines)

BOOST_AUTO_TEST_CASE(each_engine_gets_the_program_and_gives_it_back) {
  CheckRoundTrip("docker", "{\n  \"debug\": true\n}\n");
  CheckRoundTrip("podman", "[engine]\nruntime = \"crun\"\n");
  CheckRoundTrip("cri-o", "[crio.runtime]\ndefault_runtime = \"crun\"\n");
  CheckRoundTrip("containerd",
                 "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n"
                 "  runtime_type = \"io.containerd.runc.v2\"\n");
  for (const char* name : {"docker", "podman", "containerd", "cri-o"})
    CheckMove(name);
}

BOOST_AUTO_TEST_CASE(a_file_of_ours_alone_is_empty_without_us) {
  BOOST_TEST(Text(RemoveFromCrio(Text(AddToCrio("", kProgram)))) == "");
}

BOOST_AUTO_TEST_CASE(podman_is_told_what_the_runtime_can_do_in_a_file_of_ours) {
  const std::string made = Text(AddToPodman("", kProgram));
  BOOST_TEST(made.find("\n[engine]\nruntime_supports_json = [\"crun\", \"runc\",") !=
             std::string::npos);
  BOOST_TEST(made.find(", \"agentbox\"]\nruntime_supports_nocgroup = [") != std::string::npos);
  const std::string other = Text(AddToPodman("[engine]\nruntime = \"crun\"\n", kProgram));
  BOOST_TEST(other.find("runtime_supports") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(docker_keeps_the_arguments_of_an_entry) {
  BOOST_TEST(
      Text(AddToDocker(
          R"({"runtimes": {"agentbox": {"path": "/old", "runtimeArgs": ["--debug"]}}})", "/new")) ==
      R"({"runtimes": {"agentbox": {"path": "/new", "runtimeArgs": ["--debug"]}}})");
  BOOST_TEST(Text(AddToDocker(R"({"runtimes": {"agentbox": {"runtimeType": "x"}}})", "/new"))
                 .starts_with("runtimes.agentbox has a runtimeType"));
}

BOOST_AUTO_TEST_CASE(the_default_runtime_of_an_engine_is_not_taken_away) {
  BOOST_TEST(
      Text(RemoveFromDocker(
               R"({"default-runtime": "agentbox", "runtimes": {"agentbox": {"path": "/a"}}})"))
          .starts_with("default-runtime is agentbox"));
  BOOST_TEST(Text(RemoveFromContainerd(Text(AddToContainerd(
                      "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd]"
                      "\ndefault_runtime_name = \"agentbox\"\n",
                      kProgram))))
                 .starts_with("default_runtime_name is agentbox"));
}

BOOST_AUTO_TEST_CASE(containerd_is_told_of_runc_too_where_the_file_has_no_runtime) {
  const std::string with = Text(AddToContainerd(kDebianConfig, kProgram));
  BOOST_TEST(with == kDebianConfig + R"(
# The next table is `agentbox install`'s: `uninstall` removes it.
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.agentbox]
  runtime_type = "io.containerd.runc.v2"
  pod_annotations = ["dev.agentbox.*"]
  privileged_without_host_devices = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.agentbox.options]
    BinaryName = "/usr/local/bin/agentbox"
)");
}

BOOST_AUTO_TEST_CASE(containerds_table_of_runc_goes_if_it_is_ours_and_nobody_needs_it) {
  const auto without = [](const std::string& text) { return Text(RemoveFromContainerd(text)); };
  const std::string runtimes = "plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes";
  CheckRoundTrip("containerd", kDebianConfig);
  CheckRoundTrip("containerd", "version = 2\r\nroot = \"/x\"\r\n");
  const std::string with = Text(AddToContainerd(kDebianConfig, kProgram));
  // What somebody else has added stays where the file says it is.
  for (const std::string& more :
       {"\n[" + runtimes + ".runc.options]\n  SystemdCgroup = true\n",
        "\n[" + runtimes + ".kata]\n  runtime_type = \"io.containerd.kata.v2\"\n"}) {
    const std::string rest = without(with + more);
    BOOST_TEST(rest.find(".runtimes.runc]\n  runtime_type = ") != std::string::npos, rest);
    BOOST_TEST(rest.ends_with(more), rest);
    BOOST_TEST(rest.find("runtimes.agentbox") == std::string::npos, rest);
  }
  std::string changed = with;
  changed.replace(changed.find("runc.v2\""), 8, "runc.v9\"");
  BOOST_TEST(without(changed).find("runc.v9") != std::string::npos);
  // Nobody's but the administrator's.
  const std::string own =
      kDebianConfig + "\n[" + runtimes + ".runc]\n  runtime_type = \"io.containerd.runc.v2\"\n";
  CheckRoundTrip("containerd", own);
}

BOOST_AUTO_TEST_CASE(containerd_makes_cgroups_as_it_does_for_the_default_runtime) {
  const std::string runtimes = "plugins.\"io.containerd.grpc.v1.cri\".containerd";
  const std::string with = Text(AddToContainerd(
      "version = 2\n[" + runtimes + ".runtimes.runc.options]\nSystemdCgroup = true\n", kProgram));
  BOOST_TEST(
      with.ends_with("    BinaryName = \"/usr/local/bin/agentbox\"\n    SystemdCgroup = true\n"));
  BOOST_TEST(with.find("runtime_type = \"io.containerd.runc.v2\"\n\n") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(containerd_keeps_runtimes_where_its_version_says) {
  const auto has = [](std::string_view text, std::string_view part) {
    return Text(AddToContainerd(text, kProgram)).find(part) != std::string::npos;
  };
  BOOST_TEST(has("", "version = 2\n"));
  BOOST_TEST(has("", "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.agentbox]"));
  BOOST_TEST(
      has("version = 3\n", "[plugins.\"io.containerd.cri.v1.runtime\".containerd.runtimes."));
  BOOST_TEST(has("root = \"/x\"\n", "\n[plugins.cri.containerd.runtimes.agentbox]"));
  // An import need not tell its version.
  BOOST_TEST(has("[plugins.\"io.containerd.grpc.v1.cri\"]\n",
                 "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.agentbox]"));
}

BOOST_AUTO_TEST_CASE(containerd_entries_of_another_kind_are_left_alone) {
  const std::string name = "plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes";
  BOOST_TEST(
      Text(AddToContainerd(
          "version = 2\n[" + name + ".agentbox]\nruntime_type = \"io.containerd.other.v1\"\n",
          kProgram)) == name + ".agentbox is there, of another kind: remove it");
  BOOST_TEST(Text(AddToContainerd("version = 2\n" + name + " = {}\n", kProgram)) ==
             name + " is a value, to which no table can be added: write it as tables");
}

BOOST_AUTO_TEST_CASE(what_is_there_by_our_name_of_another_kind_is_not_added_to) {
  BOOST_TEST(
      Text(AddToCrio("[crio.runtime.runtimes.agentbox]\nruntime_type = \"vm\"\n", kProgram)) ==
      "crio.runtime.runtimes.agentbox is there, of another kind: remove it");
  BOOST_TEST(Text(AddToPodman("[engine.runtimes]\nagentbox.x = 1\n", kProgram)) ==
             "engine.runtimes.agentbox is there, of another kind: remove it");
}

BOOST_AUTO_TEST_CASE(an_import_with_containerds_runtimes_is_known) {
  BOOST_TEST(HasContainerdRuntimes(kDebianConfig, "version = 2\n"));
  BOOST_TEST(!HasContainerdRuntimes(kDebianConfig, "version = 3\n"));
  BOOST_TEST(!HasContainerdRuntimes("version = 2\n", "version = 2\n"));
  const auto imports = ContainerdImports("imports = [\"/a/*.toml\", 'b.toml']\n");
  BOOST_TEST_REQUIRE(imports.has_value());
  BOOST_TEST(*imports == (std::vector<std::string>{"/a/*.toml", "b.toml"}),
             boost::test_tools::per_element());
  BOOST_TEST(IsCriDisabled("disabled_plugins = [\"cri\"]\n"));
  BOOST_TEST(!IsCriDisabled("disabled_plugins = []\n"));
}

BOOST_AUTO_TEST_CASE(broken_files_are_told_with_their_place) {
  BOOST_TEST(Text(AddToDocker("{\n  \"debug\": tru\n}", kProgram)).starts_with("line 2, column "));
  for (const char* name : {"podman", "containerd", "cri-o"}) {
    const Engine& engine = *FindEngine(name);
    BOOST_TEST(Text(engine.add("a = 1\n[b\n", kProgram)) == "line 2, column 3: expected ]");
    BOOST_TEST(Text(engine.remove("a = 1\n[b\n")) == "line 2, column 3: expected ]");
  }
}

BOOST_AUTO_TEST_CASE(the_built_in_range_of_ids_becomes_a_line_of_each_table) {
  const auto tables = AddIdRange({"root:100000:65536\n", "x:1:2"});
  BOOST_TEST_REQUIRE(tables.has_value());
  BOOST_TEST(tables->subuid == "root:100000:65536\nagentbox:1879048192:268304384\n");
  BOOST_TEST(tables->subgid == "x:1:2\nagentbox:1879048192:268304384\n");
  BOOST_TEST((*AddIdRange(*tables) == *tables));
  BOOST_TEST(RemoveIdRange(tables->subuid) == "root:100000:65536\n");
}

BOOST_AUTO_TEST_CASE(ids_of_others_are_left_out_and_lines_of_an_administrator_kept) {
  // The upper table has the first half, the lower one a bit behind it.
  const auto tables = AddIdRange({"a:1879048192:1000\n", "b:1900000000:65536\n"});
  BOOST_TEST_REQUIRE(tables.has_value());
  BOOST_TEST(tables->subuid == "a:1879048192:1000\nagentbox:1900065536:247287040\n");
  const IdTables by_hand = {"agentbox:200000:655360\n", "agentbox:200000:655360\n"};
  BOOST_TEST((*AddIdRange(by_hand) == by_hand));
  BOOST_TEST(RemoveIdRange(by_hand.subuid) == by_hand.subuid);
  BOOST_TEST(RemoveIdRange("# a\nagentbox:1879048192:x\nagentbox:1900000000:1") ==
             "# a\nagentbox:1879048192:x\n");
  BOOST_TEST(!AddIdRange({"a:1879048192:268304384\n", ""}).has_value());
}

BOOST_AUTO_TEST_CASE(a_line_that_install_would_not_add_is_not_its_own) {
  const auto is_ours = [](const std::string& line, const std::string& others = "") {
    return HasAddedIdRange({others + line + "b:300000:65536\n", line});
  };
  BOOST_TEST(is_ours("agentbox:1879048192:268304384\n"));
  BOOST_TEST(is_ours("agentbox:1900065536:247287040\n", "b:1900000000:65536\n"));
  BOOST_TEST(!is_ours("agentbox:1900065536:247287040\n"));
  BOOST_TEST(!is_ours("agentbox:1900000000:655360\n"));
  BOOST_TEST(!HasAddedIdRange({"agentbox:1879048192:268304384\n", ""}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::engines
