// RealTree by itself, in a directory that somebody else writes to meanwhile. As root.
#include "review/real_tree.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "abi/seccomp.h"
#include "kernel/seccomp.h"
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
  TemporaryDirectory notes;
  UniqueFd opened = UniqueFd(::open(notes.Path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  RealTree tree = *RealTree::Open(directory.Path(), "test", {opened.Get(), "exchange"});
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

using Putter = std::function<Result<Reason>(const struct stat& before, int file)>;

// Somebody saves `place` while `put` is at work on it: whichever comes first, what was saved is
// there in the end.
void CheckSavedIsKept(const TreeBox& box, const Putter& put) {
  WriteFile(box.At("copied"), std::string(4U << 20U, 'x'));
  for (int i = 0; i < 30; ++i) {
    WriteFile(box.At("place"), "before");
    WriteFile(box.At("saved"), "saved");
    const UniqueFd file(::open(box.At("copied").c_str(), O_RDONLY | O_CLOEXEC));
    const struct stat before = box.Look("place");
    std::atomic<bool> has_begun = false;
    bool is_saved = false;
    std::thread other([&] {
      while (!has_begun)
        continue;
      // Sooner or later in what the other thread does.
      for (std::atomic<int> turn = 0; turn < i * 10'000; ++turn)
        continue;
      is_saved = ::rename(box.At("saved").c_str(), box.At("place").c_str()) == 0;
    });
    has_begun = true;
    const auto done = put(before, file.Get());
    other.join();
    BOOST_TEST(done.has_value());
    // A file is not saved over a directory, and that is said.
    if (is_saved) BOOST_TEST(ReadFile(box.At("place")) == "saved", "round " << i);
    BOOST_TEST(!Exists(box.At(kTemporary)));
    fs::remove_all(box.At("place"));
  }
}

BOOST_AUTO_TEST_CASE(what_is_saved_while_a_file_is_copied_stays) {
  CheckSavedIsKept(*this, [this](const struct stat& before, int file) {
    return tree.PutFile("place", before, kOthers, {.file = file});
  });
}

BOOST_AUTO_TEST_CASE(what_is_saved_while_a_directory_is_made_in_its_place_stays) {
  CheckSavedIsKept(*this, [this](const struct stat& before, int) {
    return tree.MakeDirectory("place", before, kOthers, {});
  });
}

// From now on the calling thread's file systems are like NFS and 9p, which know no flags of
// renameat2(2).
void TakeNoFlags() {
  constexpr auto kFlags = offsetof(struct seccomp_data, args) + 4 * sizeof(std::uint64_t);
  const abi::SeccompProgram program = {
      .instructions = {
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 2),
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kFlags),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      }};
  BOOST_TEST(kernel::LoadSeccompFilter(program).has_value());
}

BOOST_AUTO_TEST_CASE(where_a_rename_takes_no_flags_all_is_applied_too) {
  WriteFile(At("copied"), "new");
  for (const char* name : {"file", "file_to_directory", "file_to_link"})
    WriteFile(At(name), "old");
  for (const char* name : {"directory_to_file", "full"})
    fs::create_directory(At(name));
  WriteFile(At("full/file"), "");
  const auto put = [this](const std::string& name) {
    const UniqueFd file(::open(At("copied").c_str(), O_RDONLY | O_CLOEXEC));
    return tree.PutFile(name, Look(name), kOthers, {.file = file.Get()});
  };
  std::thread([&] {
    TakeNoFlags();
    for (const char* name : {"file", "new_file", "directory_to_file"})
      BOOST_TEST((*put(name) == Reason::kNone), name);
    BOOST_TEST((*put("full") == Reason::kNotEmpty));
    for (const char* name : {"new_link", "file_to_link"}) {
      const auto linked = tree.PutSymlink(name, Look(name), kOthers, {.target = "target"});
      BOOST_TEST((*linked == Reason::kNone), name);
    }
    for (const char* name : {"new_directory", "file_to_directory"})
      BOOST_TEST((*tree.MakeDirectory(name, Look(name), kOthers, {}) == Reason::kNone), name);
  }).join();
  for (const char* name : {"file", "new_file", "directory_to_file"})
    BOOST_TEST(ReadFile(At(name)) == "new", name);
  for (const char* name : {"new_link", "file_to_link"})
    BOOST_TEST(fs::read_symlink(At(name)) == "target", name);
  for (const char* name : {"new_directory", "file_to_directory"})
    BOOST_TEST(fs::is_directory(At(name)), name);
  BOOST_TEST(!Exists(At(kTemporary)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
