#include <array>

#include "cli/verbs.h"
#include "cli/view.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"format", 'f', "table|json", "how to print them (default: table)"},
    Option{"quiet", 'q', "", "print the ids alone"},
};

using States = std::vector<spec::ContainerState>;

std::string Ids(const States& states) {
  std::string text;
  for (const spec::ContainerState& shown : states)
    text += shown.state.id + "\n";
  return text;
}

std::string Rows(const States& states) {
  std::vector<std::vector<std::string>> rows = {
      {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
  for (const spec::ContainerState& shown : states) {
    const spec::State& state = shown.state;
    rows.push_back({state.id,
                    std::to_string(state.pid),
                    state.status,
                    state.bundle,
                    shown.created,
                    shown.owner});
  }
  return Table(rows);
}

Result<int> Run(const Invocation& invocation) {
  States states;
  for (const auto& view : TRY(container::List(invocation.runtime)))
    states.push_back(StateOf(view));
  const Arguments& arguments = invocation.arguments;
  if (arguments.Has("quiet")) {
    TRY(Print(Ids(states)));
  } else if (arguments.ValueOr("format", "table") == "json") {
    TRY(Print(spec::WriteList(states) + "\n"));
  } else {
    TRY(Print(Rows(states)));
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
