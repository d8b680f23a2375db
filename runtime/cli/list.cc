#include <array>

#include "cli/verbs.h"
#include "cli/view.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"format", 'f', "table|json", "how to print them (default: table)"},
    Option{"quiet", 'q', "", "print the ids alone"},
};

std::string Ids(const std::vector<container::ContainerView>& views) {
  std::string text;
  for (const container::ContainerView& view : views)
    text += view.state.id + "\n";
  return text;
}

std::string Json(const std::vector<container::ContainerView>& views) {
  json::Writer writer;
  writer.BeginList();
  for (const container::ContainerView& view : views)
    WriteView(writer, view);
  writer.End();
  return std::move(writer).Take() + "\n";
}

std::string Rows(const std::vector<container::ContainerView>& views) {
  std::vector<std::vector<std::string>> rows = {
      {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
  for (const container::ContainerView& view : views) {
    rows.push_back({view.state.id,
                    std::to_string(PidOf(view)),
                    std::string(Name(view.status)),
                    view.state.bundle,
                    view.state.created,
                    view.state.owner});
  }
  return Table(rows);
}

Result<int> Run(const Invocation& invocation) {
  const auto views = TRY(container::List(invocation.runtime));
  const Arguments& arguments = invocation.arguments;
  if (arguments.Has("quiet")) {
    TRY(Print(Ids(views)));
  } else {
    const bool is_json = arguments.ValueOr("format", "table") == "json";
    TRY(Print(is_json ? Json(views) : Rows(views)));
  }
  return 0;
}

}  // namespace

constexpr Command kList = {
    .name = "list",
    .words = "",
    .summary = "list the containers of --root",
    .example = "agentbox list --format json",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
