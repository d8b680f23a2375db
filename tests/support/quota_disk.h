// A file system with project quotas, and what of the machine's own is used up by throwaway layers.
#pragma once

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/files.h"

namespace agentbox::test {

// An ext4 on a loop device, mounted with prjquota while this object lives.
class QuotaDisk {
 public:
  QuotaDisk();
  QuotaDisk(const QuotaDisk&) = delete;
  QuotaDisk& operator=(const QuotaDisk&) = delete;
  ~QuotaDisk();

  std::string Path() const { return directory_.Path() + "/disk-" + kMountOfATest; }

  // The projects that have files, or a limit.
  std::vector<unsigned> Projects() const;

 private:
  TemporaryDirectory directory_;
};

// An ext4 of `size`, as truncate(1) takes it, on a loop device, mounted at `path`, which this
// makes, while it lives.
class SmallDisk {
 public:
  SmallDisk(std::string path, const std::string& size);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk();

 private:
  TemporaryDirectory directory_;
  std::string path_;
};

// A precondition of cases: this kernel mounts a QuotaDisk.
boost::test_tools::assertion_result HasProjectQuotas(boost::unit_test::test_unit_id unit);

// The files behind loop devices whose path has `part` in it, and which no test made.
std::vector<std::string> LoopFiles(const std::string& part);

}  // namespace agentbox::test
