// What a case may leave behind nothing of.
#pragma once

#include <string>
#include <vector>

namespace agentbox::test {

// Mounts, loop devices, cgroups, id ranges, scratch directories and state of containers whose ids
// or state root are this process's, and children that live. Zombies are reaped: this process is the
// subreaper of all it starts.
std::vector<std::string> Leftovers();

// Fails the case; the same things are not leftovers any more, so that each is told of once.
void Tell(const std::vector<std::string>& leftovers);

// A fixture: at its end nothing is left, and the shared root file system is as it was.
class NothingLeft {
 public:
  NothingLeft();
  NothingLeft(const NothingLeft&) = delete;
  NothingLeft& operator=(const NothingLeft&) = delete;
  ~NothingLeft();

 private:
  std::string listing_;
};

}  // namespace agentbox::test
