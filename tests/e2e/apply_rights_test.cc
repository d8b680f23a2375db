// Rights that an apply must not give away.
#include <sys/xattr.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include <boost/test/unit_test.hpp>

#include "support/apply_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

// acl(5): the owner and another user may read and write, their group may nothing; the mask, which
// is the group's part of the mode, has what the other user may. As linux/posix_acl_xattr.h has it.
void SetAccessList(const std::string& path) {
  struct Entry {
    std::uint16_t tag;
    std::uint16_t permissions;
    std::uint32_t id;
  };
  struct List {
    std::uint32_t version;
    std::array<Entry, 5> entries;
  };
  constexpr std::uint32_t kNobody = ~0U;
  const List list = {.version = 2,
                     .entries = {{{0x01, 6, kNobody},
                                  {0x02, 6, 1001},
                                  {0x04, 0, kNobody},
                                  {0x10, 6, kNobody},
                                  {0x20, 0, kNobody}}}};
  BOOST_TEST(::setxattr(path.c_str(), "system.posix_acl_access", &list, sizeof list, 0) == 0);
}

BOOST_FIXTURE_TEST_SUITE(apply_rights, ApplyBox)

// Without a list that is dropped, the group has what it had by it, and no more.
BOOST_AUTO_TEST_CASE(what_an_access_list_kept_from_the_group_stays_kept) {
  fs::create_directory(tree / "dir");
  for (const std::string& file : {tree / "changed", tree / "dir/moved"}) {
    WriteFile(file, "1");
    SetAccessList(file);
  }
  Host("chown 200000 dir/moved; test $(stat -c %a changed) = 660");
  const std::string name = Review("mv changed new; mv dir out");
  const Outcome would = Apply({"-n", name});
  const Outcome outcome = Apply({name});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  for (const std::string path : {"new", "out/moved"}) {
    const std::string line = "add      " + path + " (";
    BOOST_TEST(would.output.find(line) != std::string::npos, would.output);
    BOOST_TEST(outcome.output.find(line) != std::string::npos, outcome.output);
    BOOST_TEST(Host("stat -c %a " + path) == "600\n");
  }
  const std::string note = "its owner is outside of the sandbox's ids: given to 0:0";
  BOOST_TEST(would.output.find(note) != std::string::npos, would.output);
  BOOST_TEST(outcome.output.find(note) != std::string::npos, outcome.output);
}

// Without it the next sandbox would be shown what the project denies.
BOOST_AUTO_TEST_CASE(the_rules_of_a_project_change_after_a_yes_alone) {
  const std::string rules = R"({"deny": {"files": ["/secret"]}})";
  const std::string left_out = " (says what sandboxes of the project are not to see)\n";
  for (const std::string script : {"rm -r .agentbox",
                                   "echo '{}' > .agentbox/policy.json",
                                   "mv .agentbox off",
                                   "rm -r .agentbox; ln -s off .agentbox"}) {
    Host("rm -rf .agentbox off; mkdir .agentbox; echo '" + rules + "' > .agentbox/policy.json");
    const std::string name = Review(script);
    const Outcome outcome = Apply({name});
    BOOST_TEST(outcome.status == 1, outcome.errors);
    BOOST_TEST(outcome.output.find(".agentbox/policy.json" + left_out) != std::string::npos,
               outcome.output);
    BOOST_TEST(outcome.output.ends_with("--allow-exec-config applies the project's rules\n"),
               outcome.output);
    BOOST_TEST(ReadFile(tree / ".agentbox/policy.json") == rules + "\n");
    BOOST_TEST(Apply({name, "--allow-exec-config"}).status == 0);
    BOOST_TEST(Host("cat .agentbox/policy.json 2>&1 || :") != rules + "\n");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
