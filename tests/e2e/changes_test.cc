// What WalkChanges says of layers that real overlays have made.
#include <string>

#include <boost/test/unit_test.hpp>

#include "support/layer_box.h"
#include "support/watched_directory.h"

namespace agentbox::test {
namespace {

// setfattr(1) is in a package of its own.
std::string SetXattr(const std::string& path, const std::string& name, const std::string& value) {
  return "python3 -c 'import os; os.setxattr(\"" + path + "\", \"" + name + "\", b\"" + value +
         "\", follow_symlinks=False)'";
}

bool HasAny(const review::Layer& layer) {
  const auto has_changes = review::HasChanges(layer);
  BOOST_REQUIRE(has_changes.has_value());
  return *has_changes;
}

BOOST_FIXTURE_TEST_SUITE(changes, LayerBox)

BOOST_AUTO_TEST_CASE(what_is_copied_up_and_stays_the_same_is_no_change) {
  InTree("mkdir -p d/e; echo one > d/e/file; ln -s file d/e/link; chmod 640 d/e/file");
  Inside(": >> d/e/file; touch d/e/file; touch -h d/e/link; touch d");
  BOOST_TEST(Exists(Upper() + "/d/e/file"));
  BOOST_TEST(Exists(Upper() + "/d/e/link"));
  BOOST_TEST(Changes() == "");
}

// A layer may be large.
BOOST_AUTO_TEST_CASE(whether_there_is_any_is_known_at_the_first) {
  InTree("mkdir a z; touch a/file z/file");
  Inside("touch a/file z/file a z");
  BOOST_TEST(!HasAny(Layer()));
  Inside("touch a/new");
  const WatchedDirectory first(Upper() + "/a");
  const WatchedDirectory last(Upper() + "/z");
  BOOST_TEST(HasAny(Layer()));
  BOOST_TEST(first.WasRead());
  BOOST_TEST(!last.WasRead());
  BOOST_TEST(Changes() == "A  a/new\n");
  BOOST_TEST(last.WasRead());
}

BOOST_AUTO_TEST_CASE(files_are_added_modified_and_deleted) {
  InTree("mkdir d; echo one > d/modified; echo two > d/deleted; echo three > same_size");
  Inside(
      "echo ONE >> d/modified; rm d/deleted; echo eerht > same_size; echo new > d/added; mkdir n");
  BOOST_TEST(Changes() ==
             "A  d/added\n"
             "D  d/deleted\n"
             "M  d/modified\n"
             "A  n/\n"
             "M  same_size\n");
}

BOOST_AUTO_TEST_CASE(of_a_deleted_directory_every_name_is_told) {
  InTree("mkdir -p d/e/f d/empty; touch d/e/f/1 d/e/2 d/3; ln -s nowhere d/link");
  Inside("rm -r d");
  BOOST_TEST(Changes() ==
             "D  d/\n"
             "D  d/3\n"
             "D  d/e/\n"
             "D  d/e/2\n"
             "D  d/e/f/\n"
             "D  d/e/f/1\n"
             "D  d/empty/\n"
             "D  d/link\n");
}

BOOST_AUTO_TEST_CASE(directories_become_files_and_files_directories) {
  InTree("mkdir -p d/e; touch d/e/1 f; ln -s f l");
  Inside("rm -r d; echo x > d; rm f; mkdir f; touch f/new; rm l; mkfifo l");
  BOOST_TEST(Changes() ==
             "T  d  (directory to file)\n"
             "D  d/e/\n"
             "D  d/e/1\n"
             "T  f/  (file to directory)\n"
             "A  f/new\n"
             "T  l  (symlink to fifo)\n");
}

BOOST_AUTO_TEST_CASE(a_directory_that_was_made_anew_shows_nothing_of_the_old_one) {
  InTree("mkdir -p d/sub; echo 1 > d/kept; touch d/gone d/sub/gone");
  Inside("rm -r d; mkdir d; echo 1 > d/kept; mkdir d/sub; touch d/sub/new");
  BOOST_TEST(Changes() ==
             "D  d/gone\n"
             "D  d/sub/gone\n"
             "A  d/sub/new\n");
}

BOOST_AUTO_TEST_CASE(a_renamed_directory_is_gone_here_and_new_there) {
  InTree("mkdir -p a/sub/deep; echo 1 > a/sub/deep/file; echo 2 > a/changed; touch a/deleted");
  Inside("mv a b; echo more >> b/changed; rm b/deleted; touch b/sub/added");
  BOOST_TEST(Changes() ==
             "D  a/\n"
             "D  a/changed\n"
             "D  a/deleted\n"
             "D  a/sub/\n"
             "D  a/sub/deep/\n"
             "D  a/sub/deep/file\n"
             "A  b/  (from a)\n"
             "A  b/changed\n"
             "A  b/sub/\n"
             "A  b/sub/added\n"
             "A  b/sub/deep/\n"
             "A  b/sub/deep/file\n");
}

BOOST_AUTO_TEST_CASE(renames_within_renamed_directories_are_followed) {
  InTree("mkdir -p a/sub/deep other; echo 1 > a/sub/deep/file; touch other/old");
  // The redirect of the first is relative, that of the second absolute.
  Inside("mv a b; mv b/sub/deep other/moved; mv other/moved/file other/moved/name; mv other o");
  BOOST_TEST(Changes() ==
             "D  a/\n"
             "D  a/sub/\n"
             "D  a/sub/deep/\n"
             "D  a/sub/deep/file\n"
             "A  b/  (from a)\n"
             "A  b/sub/\n"
             "A  o/  (from other)\n"
             "A  o/moved/  (from a/sub/deep)\n"
             "A  o/moved/name\n"
             "A  o/old\n"
             "D  other/\n"
             "D  other/old\n");
}

BOOST_AUTO_TEST_CASE(a_directory_that_was_renamed_back_is_unchanged) {
  InTree("mkdir -p a/b x; echo 1 > a/b/file; echo 2 > x/file");
  Inside("mv a c; mv c a; mv a/b x/b; mv x/b a/b; echo more >> x/file");
  BOOST_TEST(Changes() == "M  x/file\n");
}

BOOST_AUTO_TEST_CASE(directories_that_changed_places_are_compared) {
  InTree("mkdir a b; echo 1 > a/same; echo 1 > b/same; touch a/only_a; echo 2 > a/f; echo 3 > b/f");
  Inside("mv a t; mv b a; mv t b");
  BOOST_TEST(Changes() ==
             "M  a/f\n"
             "D  a/only_a\n"
             "M  b/f\n"
             "A  b/only_a\n");
}

BOOST_AUTO_TEST_CASE(modes_are_compared_whether_the_contents_were_copied_or_not) {
  InTree("echo one > file; mkdir d; echo 2 > both");
  for (const char* metacopy : {"off", "on"}) {
    options = std::string("redirect_dir=on,metacopy=") + metacopy;
    Inside("chmod 755 file; chmod 1777 d; chmod 600 both; echo more >> both");
    BOOST_TEST(Changes() ==
               "M  both  (contents, mode 0644 to 0600)\n"
               "m  d/  (mode 0755 to 1777)\n"
               "m  file  (mode 0644 to 0755)\n");
    InLayer("rm -r file d both; rm -rf ../work; mkdir ../work");
  }
}

BOOST_AUTO_TEST_CASE(a_renamed_file_of_which_only_the_mode_was_copied_has_its_contents) {
  options = "redirect_dir=on,metacopy=on";
  InTree("mkdir d; echo one > d/file; echo other > target; echo one > same");
  Inside("chmod 700 d/file; mv d/file target; chmod 700 same; mv same d/same");
  BOOST_TEST(Changes() ==
             "D  d/file\n"
             "A  d/same  (from same)\n"
             "D  same\n"
             "M  target  (contents, mode 0644 to 0700, from d/file)\n");
}

BOOST_AUTO_TEST_CASE(owners_and_attributes_are_compared) {
  InTree("touch owner xattr same; mkdir d; ln -s x link");
  InTree(SetXattr("xattr", "user.a", "1") + ";" + SetXattr("same", "user.a", "1"));
  Inside("chown 7:8 owner; chown -h 9 link; " + SetXattr("xattr", "user.a", "2") + ";" +
         SetXattr("d", "user.b", "1") + ";" + SetXattr("same", "user.a", "1"));
  BOOST_TEST(Changes() ==
             "m  d/  (xattrs)\n"
             "m  link  (owner 0:0 to 9:0)\n"
             "m  owner  (owner 0:0 to 7:8)\n"
             "m  xattr  (xattrs)\n");
}

BOOST_AUTO_TEST_CASE(symlinks_are_compared_and_never_followed) {
  InTree("ln -s one changed; ln -s same same; mkdir real; echo x > real/file; ln -s real loop");
  Inside("ln -sfn two changed; ln -sfn same same; ln -sfn loop loop; ln -s /etc/passwd out");
  BOOST_TEST(Changes() ==
             "M  changed  (target)\n"
             "M  loop  (target)\n"
             "A  out  (symlink)\n");
}

BOOST_AUTO_TEST_CASE(further_names_of_a_file_name_the_first) {
  InTree("echo 1 > a; echo 2 > z; ln z y");
  Inside("ln a b; echo new > n1; ln n1 n2; ln n1 n3; echo 3 >> z");
  BOOST_TEST(Changes() ==
             "A  b  (same file as a)\n"
             "A  n1\n"
             "A  n2  (same file as n1)\n"
             "A  n3  (same file as n1)\n"
             "M  z\n");
}

BOOST_AUTO_TEST_CASE(sparse_files_larger_than_the_disk_are_compared) {
  InTree("truncate -s 4T same changed; echo x > small; truncate -s 1G small");
  Inside(": >> same; : >> small; printf y | dd of=changed bs=1 seek=2T conv=notrunc status=none");
  BOOST_TEST(Changes() == "M  changed\n");
}

BOOST_AUTO_TEST_CASE(files_are_compared_to_their_last_byte) {
  InTree("head -c 1000000 /dev/zero | tee first middle > last; touch same");
  Inside(
      "for f in first:0 middle:500000 last:999999; do"
      "  printf x | dd of=${f%:*} bs=1 seek=${f#*:} conv=notrunc status=none; done");
  BOOST_TEST(Changes() == "M  first\nM  last\nM  middle\n");
}

BOOST_AUTO_TEST_CASE(marks_of_an_unprivileged_overlay_are_read) {
  options = "userxattr";
  Layer().uses_user_xattrs = true;
  InTree("mkdir d; touch d/gone d/kept; touch file gone by_attribute empty");
  Inside("rm -r d; mkdir d; touch d/kept; rm gone");
  // As kernels from 6.7 on may make them.
  InLayer("touch by_attribute empty; " + SetXattr("by_attribute", "user.overlay.whiteout", "y") +
          ";" + SetXattr(".", "user.overlay.opaque", "x"));
  BOOST_TEST(Changes() ==
             "D  by_attribute\n"
             "D  d/gone\n"
             "D  gone\n");
}

BOOST_AUTO_TEST_CASE(whiteouts_by_attribute_are_deletions) {
  InTree("mkdir d; touch d/gone d/kept");
  InLayer("mkdir d; touch d/gone d/new; " + SetXattr("d/gone", "trusted.overlay.whiteout", "y") +
          ";" + SetXattr("d", "trusted.overlay.opaque", "x"));
  BOOST_TEST(Changes() == "D  d/gone\nA  d/new\n");
}

BOOST_AUTO_TEST_CASE(a_whiteout_of_what_is_gone_from_the_tree_is_no_change) {
  InTree("touch gone; mkdir d; touch d/gone");
  Inside("rm -r gone d");
  InTree("rm -r gone d");
  BOOST_TEST(Changes() == "");
}

BOOST_AUTO_TEST_CASE(ids_are_those_of_the_container) {
  InTree("touch same mapped unmapped; chown 5:6 same");
  Inside("touch same; echo x > mapped; echo x > unmapped");
  InLayer(
      "chown 100005:200006 same; chown 100001:200000 mapped; chown 99:200000 unmapped;"
      "chown 100000:200000 .");
  Layer().maps = {{{0, 100000, 1000}}, {{0, 200000, 1000}}};
  BOOST_TEST(Changes() ==
             "M  mapped  (contents, owner 0:0 to 1:0)\n"
             "M  unmapped  (contents, owner 0:0 to unmapped:0)\n");
}

BOOST_AUTO_TEST_CASE(ids_in_attributes_are_the_containers_too) {
  // u::rw-,u:1:r--,g::r--,m::r--,o::---; and cap_net_raw of the container's root.
  const std::string python =
      "python3 -c 'import os, struct, sys\n"
      "first = int(sys.argv[1])\n"
      "acl = [(1, 6, -1), (2, 4, first + 1), (4, 4, -1), (16, 4, -1), (32, 0, -1)]\n"
      "os.setxattr(\"acl\", \"system.posix_acl_access\", struct.pack(\"<I\", 2) +\n"
      "            b\"\".join(struct.pack(\"<HHi\", *entry) for entry in acl))\n"
      "data = struct.pack(\"<IIIII\", 0x02000001, 1 << 13, 0, 0, 0)\n"
      "if first: data = struct.pack(\"<IIIIII\", 0x03000001, 1 << 13, 0, 0, 0, first)\n"
      "os.setxattr(\"program\", \"security.capability\", data)' ";
  InTree("touch acl program; " + python + "0");
  InLayer("touch acl program; chown 100000:200000 . acl program; " + python + "100000");
  Layer().maps = {{{0, 100000, 1000}}, {{0, 200000, 1000}}};
  BOOST_TEST(Changes() == "");
  Layer().maps.uids = {{1, 100000, 1000}};
  BOOST_TEST(Changes() ==
             "m  .  (owner 0:0 to 1:0)\n"
             "m  acl  (owner 0:0 to 1:0, xattrs)\n"
             "m  program  (owner 0:0 to 1:0, xattrs)\n");
}

BOOST_AUTO_TEST_CASE(what_was_hidden_is_no_change_until_something_is_put_there) {
  InTree("mkdir -p p/tmp p/secrets; touch p/tmp/host p/secrets/key p/plain p/.env; chmod 700 p");
  InLayer("mkdir -m 700 p; mknod p/.env c 0 0; mknod p/secrets c 0 0; mkdir p/tmp;" +
          SetXattr("p/tmp", "trusted.overlay.opaque", "y"));
  Layer().hidden = {"p/secrets", "p/.env"};
  Layer().emptied = {"p/tmp"};
  BOOST_TEST(Changes() == "");
  Inside(
      "echo mine > p/.env; mkdir -p p/secrets/n; touch p/secrets/key p/secrets/n/new p/tmp/new; "
      "echo x > p/tmp/host");
  BOOST_TEST(Changes() ==
             "M  p/.env  (contents, hidden from the sandbox)\n"
             "A  p/secrets/n/  (hidden from the sandbox)\n"
             "A  p/secrets/n/new  (hidden from the sandbox)\n"
             "M  p/tmp/host  (contents, hidden from the sandbox)\n"
             "A  p/tmp/new\n");
}

BOOST_AUTO_TEST_CASE(what_was_hidden_is_not_deleted_with_what_is_around_it) {
  InTree("mkdir -p p/tmp p/secrets; touch p/tmp/host p/secrets/key p/plain p/.env");
  InLayer("mkdir p; mknod p/.env c 0 0; mknod p/secrets c 0 0; mkdir p/tmp;" +
          SetXattr("p/tmp", "trusted.overlay.opaque", "y"));
  Layer().hidden = {"p/secrets", "p/.env"};
  Layer().emptied = {"p/tmp"};
  Inside("mv p q");
  BOOST_TEST(Changes() ==
             "D  p/\n"
             "D  p/plain\n"
             "D  p/tmp/  (hidden from the sandbox)\n"
             "A  q/  (from p)\n"
             "A  q/plain\n"
             "A  q/tmp/\n");
}

BOOST_AUTO_TEST_CASE(paths_choose) {
  InTree("mkdir -p a/b c; touch a/b/1 a/2 c/3");
  Inside("rm -r a; echo x > c/3; touch ab new");
  Layer().only = {"a/b", "new"};
  BOOST_TEST(Changes() == "D  a/b/\nD  a/b/1\nA  new\n");
  Layer().only = {"a"};
  BOOST_TEST(Changes() == "D  a/\nD  a/2\nD  a/b/\nD  a/b/1\n");
  Layer().only = {"nothing"};
  BOOST_TEST(Changes() == "");
}

BOOST_AUTO_TEST_CASE(the_root_of_the_tree_has_a_mode_and_attributes_too) {
  Inside("chmod 700 .");
  BOOST_TEST(Changes() == "m  .  (mode 0755 to 0700)\n");
  Inside("chmod 755 .; " + SetXattr(".", "user.x", "1"));
  BOOST_TEST(Changes() == "m  .  (xattrs)\n");
}

BOOST_AUTO_TEST_CASE(attributes_of_a_directory_with_something_hidden_in_it_are_compared) {
  InTree("mkdir d; touch d/key; chmod 755 d");
  InLayer("mkdir d; mknod d/key c 0 0; chmod 755 d");
  Layer().hidden = {"d/key"};
  BOOST_TEST(Changes() == "");
  Inside(SetXattr("d", "user.x", "1"));
  BOOST_TEST(Changes() == "m  d/  (xattrs)\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
