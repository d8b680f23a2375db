#include <array>

#include "cli/verbs.h"
#include "container/process_table.h"
#include "json/writer.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"format", 'f', "table|json", "lines of ps(1), or a list of pids (default: table)"},
};

Result<int> Run(const Invocation& invocation) {
  const std::vector<pid_t> pids = TRY(container::Processes(invocation.runtime, invocation.Id()));
  if (invocation.arguments.ValueOr("format", "table") == "json") {
    json::Writer writer;
    writer.Item(pids);
    TRY(Print(std::move(writer).Take() + "\n"));
    return 0;
  }
  std::vector<std::string> options = invocation.arguments.Words();
  options.erase(options.begin());
  if (options.empty()) options.emplace_back("-ef");
  const std::string table = TRY(container::ProcessTable(pids, options));
  TRY(Print(table));
  return 0;
}

}  // namespace

constexpr Command kPs = {
    .name = "ps",
    .words = "ID [PS-OPTION...]",
    .summary = "list the processes of a container, with the options of ps(1)",
    .example = "agentbox ps web -eo pid,user,args",
    .options = kOptions,
    .run = Run,
    .order = Order::kOptionsFirst,
};

}  // namespace agentbox::cli
