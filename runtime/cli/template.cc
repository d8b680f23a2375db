#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/verbs.h"
#include "cli/view.h"
#include "container/template_archive.h"
#include "container/template_create.h"
#include "container/template_store.h"
#include "json/writer.h"

namespace agentbox::cli {
namespace {

using container::TemplateRecord;
using container::TemplateStore;

constexpr std::array kOptions = {
    Option{"run", 0, "COMMAND", "create: of what this command of sh(1) writes"},
    Option{
        "from", 0, "NAME", "create: of the layers of a container that has ended, or of a review"},
    Option{"image", 0, "DIR", "create, import: on this root file system, not this system's"},
    Option{"template", 0, "NAME", "create, import: on top of another template"},
    Option{"network", 0, "none|host|pasta", "create: as for do"},
    Option{"env", 'e', "NAME[=VALUE]", "create: as for do; may be repeated"},
    Option{"format", 'f', "table|json", "list: how to print them (default: table)"},
    Option{"quiet", 'q', "", "list: names alone; create: no notes"},
};

Error Usage(std::string message) {
  return Error(ErrorKind::kUsage, std::move(message));
}

// NAME of the words "create NAME".
const std::string& NameIn(const Invocation& invocation) {
  return invocation.arguments.Words()[1];
}

std::string FileIn(const Invocation& invocation) {
  const auto& words = invocation.arguments.Words();
  return words.size() > 2 ? words[2] : "-";
}

Result<void> RunSetup(const Invocation& invocation, const std::string& setup) {
  const Arguments& arguments = invocation.arguments;
  container::DoOptions options;
  options.image = arguments.ValueOr("image", "");
  options.template_name = arguments.ValueOr("template", "");
  options.network = policy::NetworkModeByName(arguments.ValueOr("network", ""));
  options.env = arguments.Values("env");
  for (const std::string& variable : options.env) {
    if (variable.empty() || variable.front() == '=')
      return Fail(Usage("--env: " + Quoted(variable) + " is not NAME or NAME=VALUE"));
  }
  options.is_quiet = arguments.Has("quiet");
  return container::CreateTemplateByRun(
      invocation.runtime, NameIn(invocation), setup, std::move(options));
}

Result<void> Create(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  const auto setup = arguments.Value("run");
  const auto container = arguments.Value("from");
  if (setup.has_value() == container.has_value()) {
    return Fail(Usage("expected one of --run and --from"));
  }
  if (setup) return RunSetup(invocation, *setup);
  for (const char* option : {"image", "template", "network", "env"}) {
    if (!arguments.Has(option)) continue;
    return Fail(Usage("--" + std::string(option) + " is for --run: what --from names has its own"));
  }
  return container::CreateTemplateFrom(invocation.runtime, NameIn(invocation), *container);
}

// "setup command", "container c1", "import".
std::string Origin(const TemplateRecord& record) {
  if (!record.command.empty()) return record.command.back();
  return record.container.empty() ? "(imported)" : "(container " + record.container + ")";
}

// One line, not too long a one.
std::string Short(std::string text) {
  constexpr std::size_t kMost = 60;
  for (char& c : text)
    c = static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  if (text.size() > kMost) text = text.substr(0, kMost - 3) + "...";
  return text;
}

std::string Mebibytes(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes * 10 + (1U << 19U)) >> 20U;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

Result<std::string> Rows(const TemplateStore& store, const std::vector<TemplateRecord>& records) {
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "ON", "SIZE", "FILES", "IN USE", "CREATED", "OF"}};
  for (const TemplateRecord& record : records) {
    const auto users = TRY(store.Users(record.name));
    rows.push_back({record.name,
                    OrDash(record.parent),
                    Mebibytes(record.size),
                    std::to_string(record.files),
                    std::to_string(users.size()),
                    record.created.substr(0, record.created.find('.')) + "Z",
                    Short(Origin(record))});
  }
  return Table(rows);
}

Result<std::string> Json(const TemplateStore& store, const std::vector<TemplateRecord>& records) {
  json::Writer writer("  ");
  writer.BeginList();
  for (const TemplateRecord& record : records) {
    const auto users = TRY(store.Users(record.name));
    writer.BeginObject();
    writer.Member("name", record.name);
    writer.Member("parent", record.parent);
    writer.Member("image", record.image);
    writer.Member("system", record.system);
    writer.Member("command", record.command);
    writer.Member("container", record.container);
    writer.Member("created", record.created);
    writer.Member("size", record.size);
    writer.Member("files", record.files);
    writer.Member("users", users);
    writer.End();
  }
  writer.End();
  return std::move(writer).Take() + "\n";
}

Result<void> List(const Invocation& invocation) {
  const TemplateStore store(TRY(container::TemplateDirectory(invocation.runtime)));
  const std::vector<TemplateRecord> records = TRY(store.List(*invocation.runtime.log));
  if (invocation.arguments.Has("quiet")) {
    std::string text;
    for (const TemplateRecord& record : records)
      text += record.name + "\n";
    return Print(text);
  }
  const bool is_json = invocation.arguments.ValueOr("format", "table") == "json";
  return Print(TRY(is_json ? Json(store, records) : Rows(store, records)));
}

Result<void> Remove(const Invocation& invocation) {
  const TemplateStore store(TRY(container::TemplateDirectory(invocation.runtime)));
  return store.Remove(NameIn(invocation));
}

Result<void> Export(const Invocation& invocation) {
  return container::ExportTemplate(invocation.runtime, NameIn(invocation), FileIn(invocation));
}

Result<void> Import(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  return container::ImportTemplate(invocation.runtime,
                                   {.name = NameIn(invocation),
                                    .path = FileIn(invocation),
                                    .parent = arguments.ValueOr("template", ""),
                                    .image = arguments.ValueOr("image", "")});
}

struct Action {
  std::string_view name;
  std::size_t least_words;  // after the name
  std::size_t most_words;
  std::string_view options;  // with a blank around each
  Result<void> (*run)(const Invocation&);
};

constexpr std::array kActions = {
    Action{"create", 1, 1, " run from image template network env quiet ", Create},
    Action{"list", 0, 0, " format quiet ", List},
    Action{"remove", 1, 1, "", Remove},
    Action{"export", 1, 2, "", Export},
    Action{"import", 1, 2, " image template ", Import},
};

Result<void> Check(const Action& action, const Arguments& arguments) {
  const std::string name(action.name);
  const std::size_t count = arguments.Words().size() - 1;
  if (count < action.least_words) return Fail(Usage(name + ": expected a name"));
  if (count > action.most_words) {
    return Fail(Usage(name + ": unexpected " + Quoted(arguments.Words().back())));
  }
  for (const Option& option : kOptions) {
    const bool is_known =
        action.options.find(" " + std::string(option.name) + " ") != std::string_view::npos;
    if (!is_known && arguments.Has(option.name)) {
      return Fail(Usage(name + ": --" + std::string(option.name) + " has no meaning here"));
    }
  }
  return {};
}

Result<int> Run(const Invocation& invocation) {
  const std::string& word = invocation.arguments.Words().front();
  const auto* const action = std::ranges::find(kActions, word, &Action::name);
  if (action == kActions.end()) {
    return Fail(Usage(Quoted(word) + " is not one of create, list, remove, export, import"));
  }
  TRY(Check(*action, invocation.arguments));
  TRY_WITHIN(action->run(invocation), std::string(action->name));
  return 0;
}

}  // namespace

constexpr Command kTemplate = {
    .name = "template",
    .words = "create|list|remove|export|import [NAME] [FILE]",
    .summary = "keep what a setup writes, for sandboxes to start from",
    .example = "agentbox template create dev --run 'apt-get install -y clang'",
    .options = kOptions,
    .run = Run,
    .mounts = true,
};

}  // namespace agentbox::cli
