// `apply` and whoever types it: questions, and a line of progress.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "review/merge.h"

namespace agentbox::container {

// Shows the diff of each step that can be applied, and asks: y, n, a (this and all others that run
// no code later), q (no more). kUsage where there is no terminal to ask at.
Result<void> AskForEach(review::Merge& merge,
                        const review::Layer& layer,
                        const std::string& source);

// Lists the steps that only a yes is missing for, and asks once for them all. At no terminal they
// stay left out.
Result<void> AskForThoseThatRunLater(review::Merge& merge);

// How far it is, in one line on standard error, where that is a terminal.
class ProgressLine final : public review::Observer {
 public:
  explicit ProgressLine(const std::vector<review::Step>& steps);

  Result<void> Report(const review::Step& step) override;
  void Clear();

 private:
  bool is_on_;
  bool is_shown_ = false;
  std::size_t done_ = 0;
  std::size_t all_ = 0;
  std::int64_t next_ = 0;  // milliseconds of CLOCK_MONOTONIC
};

}  // namespace agentbox::container
