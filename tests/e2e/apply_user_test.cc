// `agentbox apply` by users without root: the layer is marked by user.overlay.*, and nothing can be
// given to anyone else.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "support/do_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// All that there is to a tree, in lines that can be compared.
constexpr const char* kListing =
    "find . -printf \"%P %y %m %U %G %l\\n\" | sort; find . -type f -exec cksum {} + | sort";

// A user with a tree of each kind of file.
class Applier {
 public:
  Applier(const User& user, const Tree& tree) : user_(user), agentbox_(tree / "agentbox") {
    fs::copy_file(AgentboxPath(), agentbox_);
    fs::permissions(agentbox_, fs::perms(0755));
    In("mkdir -p dir/inner gone/deep replaced; for name in modified deleted mode dir/kept "
       "dir/changed dir/removed dir/inner/deep gone/a gone/deep/b replaced/old; do "
       "echo host > $name; done; ln -s modified link; ln -s dir/kept unlinked; chmod 640 mode");
  }

  // In the tree, by a script that succeeds; without the last newline.
  std::string In(const std::string& script) const {
    const Outcome outcome = Try(script);
    BOOST_TEST(outcome.status == 0, script << ": " << outcome.output << outcome.errors);
    return Chomp(outcome.output);
  }

  Outcome Try(const std::string& script) const {
    return user_.Run("mkdir -p work && cd work && A=" + agentbox_ + " && " + script);
  }

  // For review, by a script without single quotes.
  std::string Review(const std::string& name, const std::string& script) const {
    return In("$A do --review -q --network none --name " + name + " -- sh -ec '" + script + "'");
  }

  std::string Kept(const std::string& name) const {
    return user_.Home() + "/.local/share/agentbox/@reviews/" + name;
  }

 private:
  const User& user_;
  std::string agentbox_;
};

void CheckUser(const User& user, const Tree& tree) {
  const Applier applier(user, tree);
  const std::string name = NewId();
  const std::string seen = applier.Review(
      name,
      "echo in > modified; echo in > added; ln added name; rm deleted; chmod 701 mode; "
      "mv dir moved; echo in > moved/changed; rm moved/removed; "
      "ln -sfn added link; rm unlinked; ln -s mode new; "
      "rm -r gone; rm -r replaced; mkdir replaced; echo in > replaced/new; "
      "mkdir -m 750 made; mkdir made/in; echo in > made/in/file; " +
          std::string(kListing));
  const json record = json::parse(ReadFile(applier.Kept(name) + "/review.json"));
  BOOST_TEST(record["usesUserXattrs"] == true);
  char opaque = 0;
  const std::string replaced = applier.Kept(name) + "/mount-0/upper/replaced";
  BOOST_TEST(::getxattr(replaced.c_str(), "user.overlay.opaque", &opaque, 1) == 1);
  BOOST_TEST(opaque == 'y');

  const std::string before = applier.In(kListing);
  BOOST_TEST(before != seen);
  BOOST_TEST(applier.Try("$A apply -n").status == 0);
  BOOST_TEST(applier.In(kListing) == before);
  applier.In("$A apply");
  BOOST_TEST(applier.In(kListing) == seen);
  BOOST_TEST(applier.In("find . ! -user $(id -u) -o ! -group $(id -g)").empty());
  // Nor does a mark of the layer's come along.
  for (const auto& file : fs::recursive_directory_iterator(user.Home() + "/work"))
    BOOST_TEST(::llistxattr(file.path().c_str(), nullptr, 0) == 0, file.path());
  BOOST_TEST(!Exists(applier.Kept(name)));

  const std::string other = NewId();
  applier.Review(other, "rm -r moved; echo more > modified");
  const Outcome made = applier.Try("$A template create " + NewId() + " --from " + other);
  CheckFails(made, 1, "only what `do` wrote, as root");
  BOOST_TEST(applier.In("$A discard") == "discarded " + other);
  BOOST_TEST(applier.In(kListing) == seen);
  BOOST_TEST(applier.In("ls -A ~/.local/share/agentbox/@reviews").empty());
}

BOOST_FIXTURE_TEST_SUITE(apply_users, DoBox)

BOOST_AUTO_TEST_CASE(a_user_with_subordinate_ids_applies_without_root) {
  const User user;
  CheckUser(user, tree);
}

BOOST_AUTO_TEST_CASE(a_user_without_subordinate_ids_applies_too) {
  const User user({"-r"});
  CheckUser(user, tree);
}

BOOST_AUTO_TEST_CASE(without_a_home_in_the_environment_it_is_that_of_the_table_of_users) {
  const User user;
  const Applier applier(user, tree);
  const std::string first = NewId();
  const std::string second = NewId();
  applier.Review(first, "echo 1 > one");
  BOOST_TEST(applier.In("env -u HOME $A changes -q") == first);
  applier.In("env -u HOME $A do --review -q --network none --name " + second + " -- touch another");
  BOOST_TEST(applier.In("$A changes -q") == first + "\n" + second);
  applier.In("$A discard " + first + " " + second);
}

// The kernel has redirect_dir for overlays of root alone.
BOOST_AUTO_TEST_CASE(a_directory_of_the_tree_can_be_copied_elsewhere_but_not_renamed) {
  const User user;
  const Applier applier(user, tree);
  const std::string name = NewId();
  const std::string rename = "perl -e \"rename(shift, shift) or print qq(\\$!\\n)\" ";
  BOOST_TEST(applier.Review(name,
                            rename + "dir other; mkdir own; " + rename + "own made; " + rename +
                                "mode file; test -d made; mv dir moved") ==
             "Invalid cross-device link");
  const std::string listed = applier.In("$A diff");
  BOOST_TEST(listed.find("A  moved/inner/deep\n") != std::string::npos, listed);
  applier.In("$A apply");
  BOOST_TEST(applier.In("cat moved/inner/deep file; test ! -e dir") == "host\nhost");
  applier.In("$A do --direct -q --network none -- sh -ec '" + rename + "moved dir; test -d dir'");
}

// As those of users that services have.
BOOST_AUTO_TEST_CASE(a_home_of_somebody_else_is_none) {
  const User user;
  const Applier applier(user, tree);
  const std::string name = NewId();
  RunCommand({"chown", "root", user.Home()});
  applier.In("env -u HOME $A do --review -q --network none --name " + name + " -- touch new");
  BOOST_TEST(applier.In("test -e /var/tmp/agentbox-$(id -u)/@reviews/" + name) == "");
  BOOST_TEST(applier.In("env -u HOME $A discard " + name) == "discarded " + name);
  RunCommand({"sh", "-c", "rm -rf \"/var/tmp/agentbox-$(id -u " + user.Name() + ")\""});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
