// Podman, containerd and CRI-O, which are configured in TOML.
#include <algorithm>
#include <optional>
#include <utility>

#include "engines/engine.h"
#include "toml/document.h"
#include "toml/edit.h"

namespace agentbox::engines {
namespace {

using toml::Path;

const std::string kHead = "# Written by `agentbox install`; `agentbox uninstall` removes it.";

// Above the table of the default runtime, where that is ours.
const std::string kRuncMark = "# The next table is `agentbox install`'s: `uninstall` removes it.";

// An entry of ours, with what its value is to be.
struct Wanted {
  Path path;
  std::string literal;
};

Error Occupied(const toml::Document& document, const Path& path) {
  const toml::Entry* const above = document.FindAbove(path);
  const std::string name = toml::ToString(above != nullptr ? above->path : path);
  return Error(ErrorKind::kInvalidSpec,
               above != nullptr
                   ? name + " is a value, to which no table can be added: write it as tables"
                   : name + " is there, of another kind: remove it");
}

// Replaces the value at the path of `wanted` where it is another one. Nothing if there is none;
// kInvalidSpec if there is something else at `whole`, the path of all that is ours.
Result<std::optional<std::string>> Updated(std::string_view text,
                                           const Wanted& wanted,
                                           const Path& whole) {
  const toml::Document document = TRY(toml::Read(text));
  const toml::Value* const value = document.Find(wanted.path);
  if (value == nullptr) {
    const bool is_occupied = document.Has(whole) || document.FindAbove(whole) != nullptr;
    if (is_occupied) return Fail(Occupied(document, whole));
    return std::optional<std::string>();
  }
  if (text.substr(value->begin, value->end - value->begin) == wanted.literal) {
    return std::optional<std::string>(text);
  }
  return std::optional<std::string>(toml::Replace(text, *value, wanted.literal));
}

std::string WithHead(std::string_view text) {
  return text.empty() ? kHead + "\n" : std::string(text);
}

// A file of ours alone also tells Podman what this runtime can do, by the lists of its own
// defaults: messages in JSON, and containers without cgroups (`--cgroups=disabled`).
std::string WithAbilities(std::string_view text) {
  if (!text.empty()) return std::string(text);
  return kHead +
         "\n[engine]\n"
         "runtime_supports_json = [\"crun\", \"runc\", \"kata\", \"runsc\", \"youki\", \"krun\", "
         "\"ocijail\", \"agentbox\"]\n"
         "runtime_supports_nocgroup = [\"crun\", \"krun\", \"crun-vm\", \"agentbox\"]\n";
}

// `text` without what is at `path`, and without the table `table` if that has nothing else; nothing
// at all where no other entry is left.
Result<std::string> RemovedFromDropIn(std::string_view text, const Path& table, const Path& path) {
  std::string rest = TRY(toml::Remove(text, path));
  if (rest == text) return rest;
  const toml::Document document = TRY(toml::Read(rest));
  if (document.entries.empty()) return std::string();
  const bool is_used = std::ranges::any_of(document.entries, [&table](const toml::Entry& entry) {
    return toml::IsWithin(entry.path, table);
  });
  return is_used ? rest : toml::Remove(rest, table);
}

// Where containerd keeps the runtimes of its CRI plugin.
const Path kCri1 = {"plugins", "cri"};
const Path kCri2 = {"plugins", "io.containerd.grpc.v1.cri"};
const Path kCri3 = {"plugins", "io.containerd.cri.v1.runtime"};

// By the version of the file, and in an import, which need not tell it, by what is there.
Path CriOf(const toml::Document& document) {
  const toml::Value* const version = document.Find({"version"});
  if (version != nullptr && version->text == "2") return kCri2;
  if (version != nullptr && version->text != "1") return kCri3;
  for (const Path& cri : {kCri2, kCri3}) {
    if (version == nullptr && document.Has(cri)) return cri;
  }
  return kCri1;
}

// The default runtime has to be told of where another one is: containerd's own list of runtimes
// gives way to that of the file.
bool NeedsDefault(const toml::Document& document, const Path& containerd) {
  const std::string name = document.StringAt(toml::Join(containerd, {"default_runtime_name"}));
  return (name.empty() || name == "runc") &&
         !document.Has(toml::Join(containerd, {"runtimes", "runc"}));
}

// Whether cgroups are made by systemd for the default runtime: they then are for all of a kubelet.
bool HasSystemdCgroup(const toml::Document& document, const Path& containerd) {
  std::string name = document.StringAt(toml::Join(containerd, {"default_runtime_name"}));
  if (name.empty()) name = "runc";
  const toml::Value* const value =
      document.Find(toml::Join(containerd, {"runtimes", name, "options", "SystemdCgroup"}));
  return value != nullptr && value->text == "true";
}

std::vector<std::string> ContainerdLines(const toml::Document& document,
                                         const Path& containerd,
                                         const std::string& program) {
  const Path runtime = toml::Join(containerd, {"runtimes", "agentbox"});
  std::vector<std::string> lines;
  if (NeedsDefault(document, containerd)) {
    lines = {kRuncMark,
             "[" + toml::ToString(toml::Join(containerd, {"runtimes", "runc"})) + "]",
             "  runtime_type = \"io.containerd.runc.v2\"",
             ""};
  }
  lines.insert(lines.end(),
               {"[" + toml::ToString(runtime) + "]",
                "  runtime_type = \"io.containerd.runc.v2\"",
                "  pod_annotations = [\"dev.agentbox.*\"]",
                "  privileged_without_host_devices = true",
                "  [" + toml::ToString(toml::Join(runtime, {"options"})) + "]",
                "    BinaryName = " + toml::Quote(program)});
  if (HasSystemdCgroup(document, containerd)) lines.emplace_back("    SystemdCgroup = true");
  return lines;
}

// Without the line, and the empty one before it.
std::string WithoutLine(std::string_view text, std::string_view line) {
  std::string rest;
  std::size_t blank = 0;  // bytes of the empty line that `rest` ends with
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view whole = text.substr(0, size);
    text.remove_prefix(size);
    const std::string_view bare = whole.substr(0, whole.find_last_not_of("\r\n") + 1);
    if (bare == line) {
      rest.resize(rest.size() - blank);
      blank = 0;
      continue;
    }
    blank = bare.empty() ? whole.size() : 0;
    rest += whole;
  }
  return rest;
}

// `text` without the table of the default runtime that `install` has added, unless that was changed
// since, or another runtime is there: then it is needed as before.
Result<std::string> RemovedRunc(const std::string& text, const Path& containerd) {
  const std::string rest = WithoutLine(text, kRuncMark);
  if (rest == text) return text;
  const toml::Document document = TRY(toml::Read(text));
  const Path runtimes = toml::Join(containerd, {"runtimes"});
  const Path type = toml::Join(runtimes, {"runc", "runtime_type"});
  const bool is_needed = std::ranges::any_of(document.entries, [&](const toml::Entry& entry) {
    return toml::IsWithin(entry.path, runtimes) && entry.path != type;
  });
  const bool is_ours = document.StringAt(type) == "io.containerd.runc.v2";
  if (is_needed || !is_ours) return text;
  return toml::Remove(rest, toml::Join(runtimes, {"runc"}));
}

}  // namespace

Result<std::string> AddToPodman(std::string_view text, const std::string& program) {
  const Wanted wanted = {{"engine", "runtimes", "agentbox"}, "[" + toml::Quote(program) + "]"};
  auto updated = TRY(Updated(text, wanted, wanted.path));
  if (updated) return *std::move(updated);
  return toml::AddToTable(
      WithAbilities(text), {"engine", "runtimes"}, {"agentbox = " + wanted.literal});
}

Result<std::string> RemoveFromPodman(std::string_view text) {
  return RemovedFromDropIn(text, {"engine", "runtimes"}, {"engine", "runtimes", "agentbox"});
}

Result<std::string> AddToContainerd(std::string_view text, const std::string& program) {
  const toml::Document document = TRY(toml::Read(text));
  const bool is_empty = document.entries.empty() && document.headers.empty();
  const Path containerd = toml::Join(is_empty ? kCri2 : CriOf(document), {"containerd"});
  const Path runtime = toml::Join(containerd, {"runtimes", "agentbox"});
  const Wanted wanted = {toml::Join(runtime, {"options", "BinaryName"}), toml::Quote(program)};
  auto updated = TRY(Updated(text, wanted, runtime));
  if (updated) return *std::move(updated);
  const std::string whole =
      is_empty ? toml::Append(text, {kHead, "version = 2"}) : std::string(text);
  return toml::Append(whole, ContainerdLines(document, containerd, program));
}

Result<std::string> RemoveFromContainerd(std::string_view text) {
  std::string rest(text);
  for (const Path& cri : {kCri1, kCri2, kCri3}) {
    rest = TRY(toml::Remove(rest, toml::Join(cri, {"containerd", "runtimes", "agentbox"})));
    if (rest == text) continue;
    const toml::Document document = TRY(toml::Read(rest));
    if (document.StringAt(toml::Join(cri, {"containerd", "default_runtime_name"})) == "agentbox") {
      return Fail(Error(ErrorKind::kRefused,
                        "default_runtime_name is agentbox, without which the CRI plugin would not "
                        "start: choose another one first"));
    }
    return RemovedRunc(rest, toml::Join(cri, {"containerd"}));
  }
  return rest;
}

Result<std::vector<std::string>> ContainerdImports(std::string_view text) {
  const toml::Document document = TRY(toml::Read(text));
  std::vector<std::string> patterns;
  const toml::Value* const imports = document.Find({"imports"});
  if (imports == nullptr) return patterns;
  for (const toml::Value& item : imports->items)
    patterns.push_back(item.text);
  return patterns;
}

bool HasContainerdRuntimes(std::string_view text, std::string_view main) {
  const auto document = toml::Read(text);
  const auto root = toml::Read(main);
  return document && root && document->Has(CriOf(*root));
}

bool IsCriDisabled(std::string_view main) {
  const auto document = toml::Read(main);
  const toml::Value* const disabled = document ? document->Find({"disabled_plugins"}) : nullptr;
  return disabled != nullptr && std::ranges::any_of(disabled->items, [](const toml::Value& item) {
           return item.text == "cri" || item.text == kCri2.back() || item.text == kCri3.back();
         });
}

Result<std::string> AddToCrio(std::string_view text, const std::string& program) {
  const Path runtime = {"crio", "runtime", "runtimes", "agentbox"};
  const Wanted wanted = {toml::Join(runtime, {"runtime_path"}), toml::Quote(program)};
  auto updated = TRY(Updated(text, wanted, runtime));
  if (updated) return *std::move(updated);
  return toml::AddToTable(WithHead(text),
                          runtime,
                          {"runtime_path = " + wanted.literal,
                           "runtime_type = \"oci\"",
                           "runtime_root = \"/run/agentbox\"",
                           "privileged_without_host_devices = true"});
}

Result<std::string> RemoveFromCrio(std::string_view text) {
  const Path runtimes = {"crio", "runtime", "runtimes"};
  return RemovedFromDropIn(text, runtimes, toml::Join(runtimes, {"agentbox"}));
}

}  // namespace agentbox::engines
