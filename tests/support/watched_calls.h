// The calls by which this process changes names, attributes of overlayfs, and what is on disk: in
// this program they pass through here on their way to the kernel.
#pragma once

#include <string>
#include <vector>

namespace agentbox::test {

// A line for each of them from now on, in the order in which they return, with paths relative to
// `top`; a file that has no name is "(unnamed)". In memory that child processes share.
class RecordedCalls {
 public:
  explicit RecordedCalls(const std::string& top);
  RecordedCalls(const RecordedCalls&) = delete;
  RecordedCalls& operator=(const RecordedCalls&) = delete;
  ~RecordedCalls();

  std::vector<std::string> Lines() const;
};

// renameat2(2) in its place; null: the kernel's.
using Rename = int (*)(int from, const char* name, int to, const char* other, unsigned flags);
void ReplaceRename(Rename rename);

}  // namespace agentbox::test
