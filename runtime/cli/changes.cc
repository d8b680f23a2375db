#include <array>
#include <utility>

#include "base/printable.h"
#include "base/strings.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "container/reviews.h"
#include "json/writer.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"format", 'f', "table|json", "how to print them (default: table)"},
    Option{"quiet", 'q', "", "print the names alone"},
};

using container::ReviewView;

// With the largest unit that it has one of: "3d".
std::string Age(std::int64_t seconds) {
  constexpr std::array<std::pair<std::int64_t, char>, 3> kUnits = {
      {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}}};
  for (const auto& [unit, letter] : kUnits) {
    if (seconds >= unit) return std::to_string(seconds / unit) + letter;
  }
  return std::to_string(seconds) + "s";
}

// Rounded down, with the largest unit below it: "12K".
std::string Size(std::uint64_t bytes) {
  constexpr std::string_view kUnits = "KMGT";
  if (bytes < 1024) return std::to_string(bytes);
  std::size_t unit = 0;
  for (bytes /= 1024; bytes >= 1024 && unit + 1 < kUnits.size(); bytes /= 1024)
    ++unit;
  return std::to_string(bytes) + kUnits[unit];
}

std::string Names(const std::vector<ReviewView>& views) {
  std::string text;
  for (const ReviewView& view : views)
    text += view.record.name + "\n";
  return text;
}

std::string Rows(const std::vector<ReviewView>& views) {
  constexpr std::size_t kLongestCommand = 40;
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "STATUS", "SIZE", "AGE", "COMMAND", "TREES"}};
  for (const ReviewView& view : views) {
    std::vector<std::string> trees;
    for (const review::ReviewedMount& mount : view.record.mounts)
      trees.push_back(mount.Shown());
    std::string command = Join(view.record.command, " ");
    if (command.size() > kLongestCommand) command = command.substr(0, kLongestCommand) + "...";
    rows.push_back({view.record.name,
                    view.is_running ? "running" : "waiting",
                    Size(view.size),
                    Age(view.age),
                    Printable(command),
                    Printable(Join(trees, " "))});
  }
  return Table(rows);
}

std::string Json(const std::vector<ReviewView>& views) {
  json::Writer writer("  ");
  writer.BeginList();
  for (const ReviewView& view : views) {
    writer.BeginObject();
    writer.Member("name", view.record.name);
    writer.Member("container", view.record.container);
    writer.Member("isRunning", view.is_running);
    writer.Member("size", view.size);
    writer.Member("age", view.age);
    writer.Member("started", view.record.started);
    writer.Member("command", view.record.command);
    writer.BeginList("trees");
    for (const review::ReviewedMount& mount : view.record.mounts) {
      writer.BeginObject();
      writer.Member("source", mount.source);
      if (!mount.file.empty()) writer.Member("file", mount.file);
      writer.Member("destination", mount.destination);
      writer.End();
    }
    writer.End();
    writer.End();
  }
  writer.End();
  return std::move(writer).Take() + "\n";
}

Result<int> Run(const Invocation& invocation) {
  const std::vector<ReviewView> views = TRY(container::ListReviews(invocation.runtime));
  const Arguments& arguments = invocation.arguments;
  if (arguments.Has("quiet")) {
    TRY(Print(Names(views)));
  } else if (arguments.ValueOr("format", "table") == "json") {
    TRY(Print(Json(views)));
  } else {
    TRY(Print(Rows(views)));
  }
  return 0;
}

}  // namespace

constexpr Command kChanges = {
    .name = "changes",
    .words = "",
    .summary = "list the changes that wait for review",
    .example = "agentbox changes",
    .options = kOptions,
    .run = Run,
    .mounts = true,
};

}  // namespace agentbox::cli
