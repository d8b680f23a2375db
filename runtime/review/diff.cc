#include "review/diff.h"

#include <algorithm>
#include <string_view>

#include "kernel/user.h"
#include "review/contents.h"
#include "review/listing.h"
#include "review/patch.h"

namespace agentbox::review {
namespace {

Style StyleOf(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return Style::kAdded;
    case ChangeKind::kDeleted:
      return Style::kDeleted;
    case ChangeKind::kModified:
    case ChangeKind::kTypeChanged:
    case ChangeKind::kMetadata:
      return Style::kModified;
  }
  return Style::kPlain;
}

// Prints each change as a line.
class Printer : public Visitor {
 public:
  explicit Printer(Output& output) : output_(output) {}

  void Look(const std::string&) override { output_.Advance(); }
  std::uint64_t Count() const { return count_; }

 protected:
  ~Printer() = default;

  Result<void> Print(std::string_view line, Style style) {
    ++count_;
    return output_.WriteLine(line, style);
  }

 private:
  Output& output_;
  std::uint64_t count_ = 0;
};

class ListPrinter final : public Printer {
 public:
  using Printer::Printer;

  Result<void> Visit(const Change& change) override {
    return Print(ListLine(change), StyleOf(change.kind));
  }
};

class JsonPrinter final : public Printer {
 public:
  JsonPrinter(Output& output, const std::string& tree) : Printer(output), tree_(tree) {}

  Result<void> Visit(const Change& change) override {
    return Print(JsonLine(change, tree_), Style::kPlain);
  }

 private:
  const std::string& tree_;
};

class StatPrinter final : public Printer {
 public:
  using Printer::Printer;

  Result<void> Visit(const Change& change) override {
    const auto lines = TRY(CountChangedLines(change));
    std::string text;
    if (lines) {
      total_.added += lines->added;
      total_.deleted += lines->deleted;
      text = Column(Signed('+', lines->added)) + Column(Signed('-', lines->deleted));
    } else {
      text = Column("binary") + Column("");
    }
    return Print(text + "  " + ListLine(change), StyleOf(change.kind));
  }

  std::string Summary() const {
    return std::to_string(Count()) + " changes, " + std::to_string(total_.added) +
           " lines added, " + std::to_string(total_.deleted) + " deleted";
  }

 private:
  static std::string Signed(char sign, std::uint64_t count) {
    return count == 0 ? std::string() : sign + std::to_string(count);
  }

  static std::string Column(const std::string& text) {
    constexpr std::size_t kWidth = 9;
    return std::string(kWidth - std::min(kWidth, text.size()), ' ') + text;
  }

  LineCounts total_;
};

}  // namespace

Result<DiffSummary> PrintDiff(const Layer& layer,
                              const std::string& tree,
                              DiffFormat format,
                              Output& output) {
  switch (format) {
    case DiffFormat::kList: {
      ListPrinter printer(output);
      TRY(WalkChanges(layer, printer));
      return DiffSummary{.changes = printer.Count()};
    }
    case DiffFormat::kJson: {
      JsonPrinter printer(output, tree);
      TRY(WalkChanges(layer, printer));
      return DiffSummary{.changes = printer.Count()};
    }
    case DiffFormat::kStat: {
      StatPrinter printer(output);
      TRY(WalkChanges(layer, printer));
      // Nor does git sum up nothing; of several trees those without a change are not spoken of.
      if (printer.Count() > 0) TRY(output.WriteLine(printer.Summary()));
      return DiffSummary{.changes = printer.Count()};
    }
    case DiffFormat::kPatch: {
      PatchPrinter printer(output, layer, kernel::OwnUmask());
      TRY(WalkChanges(layer, printer));
      TRY(printer.End());
      return DiffSummary{.changes = printer.Count(), .incomplete = printer.Incomplete()};
    }
  }
  return DiffSummary();
}

}  // namespace agentbox::review
