#include "kernel/entry.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "base/unique_fd.h"
#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::kernel {
namespace {

std::int64_t Changed(const std::string& path) {
  struct stat status = {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ctim.tv_sec * std::int64_t{1'000'000'000} + status.st_ctim.tv_nsec;
}

BOOST_AUTO_TEST_SUITE(entries)

// The time of a file that was looked at between two changes is precise.
BOOST_AUTO_TEST_CASE(a_stamp_is_between_those_of_what_was_before_and_what_comes_after) {
  std::string directory = "/tmp/agentbox-unit.XXXXXX";
  BOOST_REQUIRE(::mkdtemp(directory.data()) != nullptr);
  const std::string file = directory + "/file";
  const UniqueFd own = *Open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 200; ++i) {
    std::ofstream(file) << "1";
    Changed(file);
    std::ofstream(file) << "2";
    const std::int64_t before = Changed(file);
    const std::int64_t now = *StampOfNow(own.Get());
    std::ofstream(file) << "3";
    const std::int64_t after = Changed(file);
    BOOST_REQUIRE_LE(before, now);
    BOOST_REQUIRE_LE(now, after);
  }
  std::filesystem::remove_all(directory);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::kernel
