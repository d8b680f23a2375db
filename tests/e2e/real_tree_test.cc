// RealTree by itself, in a directory that somebody else writes to meanwhile. As root.
#include "review/real_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/files.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using review::RealTree;
using review::Reason;

constexpr const char* kTemporary = ".agentbox-apply-test";
constexpr review::Decision kOthers = {.mode = 0644, .owner = {.uid = 1234, .gid = 1234}};

struct TreeBox {
  std::string At(const std::string& name) const { return directory.Path() + "/" + name; }

  // Nothing there is st_mode 0.
  struct stat Look(const std::string& name) const {
    struct stat status = {};
    if (::lstat(At(name).c_str(), &status) < 0) return {};
    return status;
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory.Path()))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

  bool Exchange(const std::string& one, const std::string& other) const {
    return ::renameat2(AT_FDCWD, At(one).c_str(), AT_FDCWD, At(other).c_str(), RENAME_EXCHANGE) ==
           0;
  }

  TemporaryDirectory directory;
  RealTree tree = *RealTree::Open(directory.Path(), "test");
};

// Does one thing over and over in a thread of its own, as long as it lives.
class Meanwhile {
 public:
  explicit Meanwhile(const std::function<void()>& what)
      : thread_([this, what] {
          while (!is_over_)
            what();
        }) {}
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  ~Meanwhile() {
    is_over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

BOOST_FIXTURE_TEST_SUITE(real_tree, TreeBox)

BOOST_AUTO_TEST_CASE(what_fails_on_the_way_leaves_nothing) {
  // There are no attributes of that kind.
  const review::Attributes xattrs = {{"nonsense.name", "value"}};
  BOOST_TEST(!tree.MakeDirectory("directory", {}, kOthers, xattrs));
  const review::Content content = {.target = "target", .time = {.tv_sec = 0, .tv_nsec = -1}};
  BOOST_TEST(!tree.PutSymlink("link", {}, kOthers, content));
  BOOST_TEST(Names().empty());
}

// A tree is its user's, and `apply` may be root's.
BOOST_AUTO_TEST_CASE(a_file_of_roots_in_the_place_of_a_new_symlink_is_not_given_away) {
  WriteFile(At("roots"), "");
  fs::create_hard_link(At("roots"), At("bait"));
  const Meanwhile other([this] {
    if (!Exchange("bait", kTemporary)) return;
    ::unlink(At("bait").c_str());
    ::link(At("roots").c_str(), At("bait").c_str());
  });
  for (int i = 0; i < 1500 && Look("roots").st_uid == 0; ++i) {
    const auto put = tree.PutSymlink("link", {}, kOthers, {.target = "target"});
    ::unlink(At("link").c_str());
  }
  BOOST_TEST(Look("roots").st_uid == 0U);
}

BOOST_AUTO_TEST_CASE(a_directory_of_roots_in_the_place_of_a_new_one_is_not_given_away) {
  fs::create_directory(At("roots"));
  WriteFile(At("roots/file"), "");
  const UniqueFd roots(::open(At("roots").c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  const Meanwhile other([this] { Exchange("roots", kTemporary); });
  for (int i = 0; i < 700 && status.st_uid == 0; ++i) {
    const auto made = tree.MakeDirectory("made", {}, kOthers, {});
    // The one of root's may have come there, as one that its user has moved.
    if (::rmdir(At("made").c_str()) < 0) ::rename(At("made").c_str(), At("roots").c_str());
    ::fstat(roots.Get(), &status);
  }
  BOOST_TEST(status.st_uid == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
