// Changes as a patch for git-apply(1) and patch(1). What a patch can not say stands in it as a line
// of its own, which both pass over: "# m  bin/  (owner 0:0 to 1:1)", "Binary files ... differ".
// Names that git refuses, or that are too long for patch, are such lines, and so is what is to come
// to where something stays that the patch does not remove: either would end the program that
// applies it. To whoever reads at a terminal their contents are shown, too. Directories come and go
// with what is in them: one that nothing is in is a line, too.
// Where a directory became a file or a file a directory only git-apply can follow: patch(1)
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
  // `layer`, borrowed, is what the changes are of; `umask` what whoever applies the patch makes
  // directories with.
  PatchPrinter(Output& output, const Layer& layer, mode_t umask)
      : output_(output), layer_(layer), umask_(umask) {}

  Result<void> Visit(const Change& change) override;
  void Look(const std::string&) override { output_.Advance(); }
  // After the last change.
  Result<void> End();

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

  // A directory that came or went, which no change below has followed so far.
  struct Bare {
    std::string path;
    std::string line;
    bool is_counted = false;
  };

  // A file in the place of a directory, which can only be made if the patch removes all that was in
  // that: what comes below it says so.
  struct Held {
    Whole file;
    std::string line;
    bool is_whole = true;
    bool is_blocked = false;
  };

  Result<void> Hold(const Change& change);
  Result<void> PrintHeld();
  bool IsBlocked(const Change& change);
  bool IsLeftOut(const Change& change) const;
  void NoteWhatStays(const Change& change);
  Result<void> PrintBare();
  Result<void> PrintSections(const Change& change);
  Result<void> PrintModified(const Change& change);
  Result<void> PrintReplaced(const Change& change);
  Result<void> PrintWhole(char sign, const Whole& whole);
  Result<void> PrintBinary(const std::string& path, mode_t before, mode_t after);
  Result<void> PrintHeader(std::string_view header);
  Result<void> PrintHunks(std::string_view hunks);

  Output& output_;
  const Layer& layer_;
  mode_t umask_;
  std::uint64_t count_ = 0;
  std::uint64_t incomplete_ = 0;
  bool is_whole_ = true;      // the patch has all of the change that is being printed
  bool has_binary_ = false;   // some of that is only named
  bool is_blocked_ = false;   // it is below `staying_`
  std::optional<Bare> bare_;  // the last change, if it is one
  std::optional<Held> held_;
  // What the patch does not remove, and which a directory is to replace.
  std::optional<std::string> staying_;
};

}  // namespace agentbox::review
