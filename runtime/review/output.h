// Where `diff` prints to: standard output, with colours and through a pager where that is a
// terminal, and progress on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::review {

enum class Coloring : std::uint8_t { kAuto, kAlways, kNever };

enum class Style : std::uint8_t { kPlain, kHeading, kPlace, kAdded, kDeleted, kModified };

// What the environment asks for: NO_COLOR, TERM, PAGER.
struct Environment {
  bool has_no_color = false;
  bool is_dumb = false;    // the terminal can do nothing
  bool has_pager = false;  // PAGER is set,
  std::string pager;       // to this
};
Environment ReadEnvironment();

// The shell command of the pager; empty: none.
std::string PagerOf(const Environment& environment);

// A line that comes and goes on a terminal, while something takes long.
class Progress {
 public:
  explicit Progress(bool is_on) : is_on_(is_on) {}

  // One more entry was looked at.
  void Advance();
  // Before something else is written to the terminal.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool is_on_;
  bool is_shown_ = false;
  std::uint64_t count_ = 0;
  Clock::time_point next_ = Clock::now() + std::chrono::seconds(1);
};

class Output {
 public:
  Output(Coloring coloring, const Environment& environment);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

  // Bytes of files are written as they are: no terminal is going to show them. Else they are to be
  // made Visible (quoting.h).
  bool IsExact() const { return is_exact_; }

  // A line before the next that is written, if there is one before another Head: what that is of.
  void Head(std::string_view line);

  // Text of ours, or made visible.
  Result<void> Write(std::string_view text);
  // A line, without its newline.
  Result<void> WriteLine(std::string_view line, Style style = Style::kPlain);

  void Advance();

  // Writes what is left, and waits until the pager has ended.
  Result<void> Finish();

  // The pager could not be started: what it was to show was written without it.
  bool IsPagerMissing() const { return is_pager_missing_; }

  // The pager has ended before everything was written, which is its user's wish.
  bool IsClosed() const { return is_closed_; }

 private:
  std::string Line(std::string_view line, Style style) const;
  Result<void> Put(std::string_view text);
  Result<void> Flush();
  Result<void> StartPager();
  Result<void> WriteToPager();
  Result<void> EndPager();
  void CountRows(std::string_view text);

  bool is_terminal_;
  bool has_colors_;
  bool is_exact_;
  bool is_closed_ = false;
  bool has_written_ = false;
  std::string pager_;  // to be started when there is more than a screenful; then empty
  UniqueFd pipe_;      // to the pager
  UniqueFd pager_process_;
  std::string held_;  // what the pager was given, while it may not have begun to read
  bool has_pager_begun_ = false;
  bool is_pager_missing_ = false;
  unsigned rows_left_ = 0;
  unsigned columns_ = 80;
  std::string head_;  // empty: written, or none
  std::string buffer_;
  Progress progress_;
};

}  // namespace agentbox::review
