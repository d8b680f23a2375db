// Changes as a patch for git-apply(1) and patch(1). What a patch can not say stands in it as a line
// of its own, which both pass over: "# m  bin/  (owner 0:0 to 1:1)", "Binary files ... differ".
// Names that git refuses are such lines; to whoever reads at a terminal their contents are shown,
// too. Where a directory became a file or a file a directory only git-apply can follow: patch(1)
// removes files at its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "review/changes.h"
#include "review/output.h"

namespace agentbox::review {

class PatchPrinter final : public Visitor {
 public:
  explicit PatchPrinter(Output& output) : output_(output) {}

  Result<void> Visit(const Change& change) override;
  void Look(const std::string&) override { output_.Advance(); }
  std::uint64_t Count() const { return count_; }
  // How many changes the patch does not have all of.
  std::uint64_t Incomplete() const { return incomplete_; }

 private:
  // One side of a change: a file that is added or deleted.
  struct Whole {
    std::string path;
    mode_t mode = 0;
    std::optional<std::string> text;  // nothing: binary
  };

  Result<void> PrintSections(const Change& change);
  Result<void> PrintModified(const Change& change);
  Result<void> PrintReplaced(const Change& change);
  Result<void> PrintWhole(char sign, const Whole& whole);
  Result<void> PrintBinary(const std::string& path, mode_t before, mode_t after);
  Result<void> PrintHeader(std::string_view header);
  Result<void> PrintHunks(std::string_view hunks);

  Output& output_;
  std::uint64_t count_ = 0;
  std::uint64_t incomplete_ = 0;
  bool is_whole_ = true;  // the patch has all of the change that is being printed
};

}  // namespace agentbox::review
