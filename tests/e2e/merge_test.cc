// Layers made by real overlays, brought into real trees: each kind of change, conflicts, and what
// is refused. As root.
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include <boost/test/unit_test.hpp>

#include "support/files.h"
#include "support/layered_tree.h"

namespace agentbox::test {
namespace {

BOOST_AUTO_TEST_SUITE(merge_changes)

BOOST_AUTO_TEST_CASE(files_are_added_changed_and_deleted) {
  AppliesAll(
      "echo a > kept; echo b > changed; echo c > deleted; mkdir d; echo d > d/inner",
      "echo new > added; echo more >> changed; rm deleted; mkdir -p x/y/z; echo z > x/y/z/file; "
      "echo d2 > d/inner; : > empty");
}

BOOST_AUTO_TEST_CASE(modes_owners_and_attributes_are_applied) {
  AppliesAll(
      "echo a > mode; echo b > owner; echo c > both; mkdir dir dir2; echo x > attributes; setfattr "
      "-n user.old -v 1 attributes; echo y > group; chown 5:6 owner",
      "chmod 600 mode; chown 1234:55 owner; chmod 640 both; chown 7:8 both; chmod 700 dir; chown "
      "9:9 dir2; chmod 2775 dir2; setfattr -n user.new -v 2 attributes; setfattr -x user.old "
      "attributes; setfattr -n user.of -v dir dir; chgrp 99 group");
}

BOOST_AUTO_TEST_CASE(symlinks_are_applied_as_they_are) {
  AppliesAll("echo a > file; ln -s file changed; ln -s file deleted; ln -s file same; mkdir d",
             "ln -sfn d changed; rm deleted; ln -s nowhere dangling; ln -s ../file d/up; chown -h "
             "3:4 same");
}

BOOST_AUTO_TEST_CASE(each_type_takes_the_place_of_each) {
  AppliesAll(
      "echo a > f2l; echo b > f2d; ln -s a l2f; ln -s a l2d; mkdir -p d2f/x d2l/y d2d/z; echo 1 > "
      "d2f/x/one; echo 2 > d2l/y/two; echo 3 > d2d/z/three",
      "rm f2l; ln -s t f2l; rm f2d; mkdir f2d; echo i > f2d/i; rm l2f; echo f > l2f; rm l2d; mkdir "
      "l2d; echo j > l2d/j; rm -r d2f; echo now > d2f; rm -r d2l; ln -s t d2l; rm -r d2d; mkdir "
      "d2d; echo 4 > d2d/four");
}

BOOST_AUTO_TEST_CASE(directories_go_with_all_in_them_and_come_back_opaque) {
  AppliesAll(
      "mkdir -p gone/a/b back/a; for i in 1 2 3; do echo $i > gone/a/b/$i; done; echo o > "
      "back/old; echo k > back/a/k",
      "rm -r gone; rm -r back; mkdir back; echo n > back/new; echo k2 > back/a");
}

BOOST_AUTO_TEST_CASE(renamed_directories_come_with_what_nobody_touched) {
  AppliesAll(
      "mkdir -p old/in/deep; for i in 1 2 3; do echo $i > old/in/deep/$i; done; echo top > "
      "old/top; ln -s top old/link; chmod 640 old/top; chown 12:13 old/in; mkdir -p "
      "other/sub; echo s > other/sub/s",
      "mv old new; echo changed > new/top; rm new/in/deep/2; echo added > new/in/added; mv "
      "other/sub new/in/moved; mkdir sub2; mv new/in/deep sub2/deeper");
}

BOOST_AUTO_TEST_CASE(two_directories_that_changed_places) {
  AppliesAll("mkdir a b; echo a > a/file; echo b > b/file; echo only > a/only",
             "mv a t; mv b a; mv t b");
}

BOOST_AUTO_TEST_CASE(a_renamed_directory_over_one_that_was_there) {
  AppliesAll(
      "mkdir a b; echo same > a/same; echo same > b/same; echo a > a/x; echo b > b/x; echo "
      "y > b/y",
      "rm -r b; mv a b; echo z > b/z");
}

BOOST_AUTO_TEST_CASE(hard_links_stay_links) {
  AppliesAll("echo a > one; mkdir d",
             "echo new > n1; ln n1 n2; ln n1 d/n3; rm one; echo x > one; ln one d/two");
}

// In an overlay a name that is written to becomes a file of its own (no index=on); what had been
// one file is several from then on, in the real tree as well.
BOOST_AUTO_TEST_CASE(names_of_one_file_of_the_hosts_change_each_for_itself) {
  LayeredTree tree("echo a > one; ln one two; ln one three; ln one four");
  tree.Agent("echo b > one; rm two; echo c > three");
  tree.End();
  BOOST_TEST(tree.Apply() == "");
  BOOST_TEST(ReadFile(tree.Real() + "/one") == "b\n");
  BOOST_TEST(!Exists(tree.Real() + "/two"));
  BOOST_TEST(ReadFile(tree.Real() + "/three") == "c\n");
  BOOST_TEST(ReadFile(tree.Real() + "/four") == "a\n");
  BOOST_TEST(tree.Apply({.is_trial = true}) == "");
}

// As pnpm's store has them, or a tree copied by cp -al.
BOOST_AUTO_TEST_CASE(a_mode_reaches_no_other_name_of_a_file_of_the_hosts) {
  LayeredTree tree("echo a > in; ln in ../out; echo b > one; ln one two");
  tree.Agent("chmod 666 in; chmod 600 one two");
  tree.End();
  EndsAsSeen(tree);
  tree.Host("test \"$(stat -c %a in ../out one two)\" = '666\n644\n600\n600'");
}

BOOST_AUTO_TEST_CASE(holes_stay_holes) {
  LayeredTree tree("echo x > other");
  tree.Agent(
      "truncate -s 300M sparse; printf middle | dd of=sparse bs=1 seek=150000000 "
      "conv=notrunc status=none; truncate -s 1G empty-hole");
  tree.End();
  BOOST_TEST(tree.Apply() == "");
  struct stat sparse = {};
  BOOST_REQUIRE(::stat((tree.Real() + "/sparse").c_str(), &sparse) == 0);
  BOOST_TEST(sparse.st_size == 300 * 1024 * 1024);
  BOOST_TEST(sparse.st_blocks * 512 < 1024 * 1024);
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
}

BOOST_AUTO_TEST_CASE(names_may_be_any_but_control_characters) {
  AppliesAll(
      "echo a > 'with blank'",
      "echo b > 'with blank'; echo 1 > \"quote'\\\"\"; echo 2 > '-n'; echo 3 > 'ä€'; echo 4 > "
      "\"$(printf 'latin\\344')\"; echo 5 > '*'; mkdir '...'; echo 6 > '.../~'");
}

BOOST_AUTO_TEST_CASE(the_time_of_a_file_is_the_agents) {
  LayeredTree tree("echo a > file");
  tree.Agent("echo b > file; touch -d '2001-02-03 04:05:06 UTC' file");
  tree.End();
  BOOST_TEST(tree.Apply() == "");
  struct stat status = {};
  BOOST_REQUIRE(::stat((tree.Real() + "/file").c_str(), &status) == 0);
  BOOST_TEST(status.st_mtim.tv_sec == 981173106);
}

BOOST_AUTO_TEST_CASE(paths_choose_with_the_directories_above_them) {
  LayeredTree tree("mkdir d; echo 1 > d/one; echo 2 > d/two");
  tree.Agent(
      "echo 1b > d/one; echo 2b > d/two; mkdir -p new/in; echo n > new/in/n; echo m > new/m");
  tree.End();
  BOOST_TEST(tree.Apply({.only = {"d/one", "new/in"}}) == "");
  tree.Host("test \"$(cat d/one d/two)\" = \"1b\n2\" && test -e new/in/n && ! test -e new/m");
  BOOST_TEST(tree.Apply({.is_trial = true}) == "change   d/two\nadd      new/m\n");
  EndsAsSeen(tree);
}

BOOST_AUTO_TEST_CASE(a_dry_run_changes_neither_tree_nor_layer) {
  LayeredTree tree("mkdir old; echo 1 > old/one; echo x > x; echo m > m");
  tree.Agent("mv old new; echo y > x; rm m; ln -s /etc out; mkdir d");
  tree.End();
  const Snapshot real = SnapshotOf(tree.Real());
  const Snapshot layer = SnapshotOf(tree.Upper());
  BOOST_TEST(tree.Apply({.is_trial = true}) ==
             "add      d/\ndelete   m\nadd      new/\nadd      new/one\ndelete   old/\ndelete   "
             "old/one\nadd      out (a symbolic link out of the tree)\nchange   x\n");
  BOOST_TEST(Difference(real, SnapshotOf(tree.Real())) == "");
  BOOST_TEST(Difference(layer, SnapshotOf(tree.Upper())) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(merge_conflicts)

BOOST_AUTO_TEST_CASE(what_the_host_changed_stays) {
  LayeredTree tree(
      "echo 1 > both; echo 2 > del; echo 3 > gone; echo 4 > fine; mkdir d; echo 5 > "
      "d/f; echo 6 > mode");
  tree.Agent(
      "echo agent > both; rm del; echo agent > gone; echo agent > fine; echo agent > appeared; "
      "rm -r d; echo agent > mode");
  tree.Host(
      "echo host > both; echo host > del; rm gone; echo host > appeared; echo host > d/g; "
      "chmod 600 mode");
  tree.End();
  BOOST_TEST(tree.Apply() ==
             "skipped  appeared (changed in the real tree since the sandbox started)\n"
             "skipped  both (changed in the real tree since the sandbox started)\n"
             "skipped  d/ (something in the directory stays)\n"
             "skipped  d/g (changed in the real tree since the sandbox started)\n"
             "skipped  del (changed in the real tree since the sandbox started)\n"
             "skipped  gone (gone from the real tree since the sandbox started)\n"
             "skipped  mode (changed in the real tree since the sandbox started)\n");
  tree.Host(
      "test \"$(cat both del appeared d/g fine)\" = 'host\nhost\nhost\nhost\nagent' && ! "
      "test -e gone && ! test -e d/f && test \"$(cat mode)\" = 6");
  BOOST_TEST(tree.Apply({.force = true}) == "");
  tree.Host(
      "test \"$(cat both appeared gone mode)\" = 'agent\nagent\nagent\nagent' && ! test -e "
      "del && ! test -e d");
}

BOOST_AUTO_TEST_CASE(what_both_made_equal_is_done) {
  LayeredTree tree("echo 1 > both; echo 2 > del");
  tree.Agent("echo same > both; rm del; echo new > new");
  tree.Host("echo same > both; rm del; echo new > new");
  tree.End();
  EndsAsSeen(tree);
}

BOOST_AUTO_TEST_CASE(a_moved_file_has_not_vanished) {
  AppliesAll("mkdir d; echo 1 > one; echo 2 > d/two; chmod 600 one",
             "mv one moved; mv d/two other; echo more >> other");
}

// The copy is the same as the real file, and so no change.
BOOST_AUTO_TEST_CASE(a_file_that_was_renamed_and_copied_back_has_not_vanished) {
  AppliesAll("echo 1 > f; echo 2 > changed",
             "mv f f.bak; cp f.bak f; mv changed old; echo 3 > changed");
}

BOOST_AUTO_TEST_CASE(what_was_renamed_stays_until_its_new_name_is_applied) {
  LayeredTree tree("echo 1 > Makefile.in; echo 2 > notes; mkdir d; echo 3 > d/f");
  tree.Agent(
      "mv Makefile.in Makefile; mv notes rules.mk; echo 4 > notes; mv d/f .envrc; rm -r d; echo 5 "
      "> d");
  tree.End();
  constexpr const char* kRenamed = " (what it was renamed to was not applied)\n";
  const std::string said = tree.Apply();
  for (const char* const path : {"Makefile.in", "notes", "d/f"})
    BOOST_TEST(said.find(std::string("skipped  ") + path + kRenamed) != std::string::npos, said);
  tree.Host("test \"$(cat Makefile.in notes d/f)\" = '1\n2\n3'");
  tree.Apply({.allow_runs_later = true});
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
  BOOST_TEST(tree.Apply({.is_trial = true}) == "");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_chosen_keeps_the_old_one) {
  LayeredTree tree("echo 1 > old");
  tree.Agent("mv old new");
  tree.End();
  BOOST_TEST(tree.Apply({.only = {"old"}}) ==
             "skipped  old (what it was renamed to was not applied)\n");
  BOOST_TEST(tree.Apply({.only = {"new"}}) == "");
  BOOST_TEST(tree.Apply({.only = {"old"}}) == "");
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
}

BOOST_AUTO_TEST_CASE(a_directory_to_be_replaced_stays_whole_with_what_the_host_put_in) {
  LayeredTree tree("mkdir d; echo 1 > d/one");
  tree.Agent("rm -r d; echo file > d");
  tree.Host("echo 2 > d/two");
  tree.End();
  BOOST_TEST(tree.Apply() ==
             "skipped  d (something in the directory stays)\n"
             "skipped  d/one (something in the directory stays)\n"
             "skipped  d/two (changed in the real tree since the sandbox started)\n");
  tree.Host("test \"$(cat d/one d/two)\" = \"1\n2\"");
}

// Of all that is moved with it, only the directory itself has a time of that.
BOOST_AUTO_TEST_CASE(a_directory_that_the_host_moved_in_stays_with_all_in_it) {
  LayeredTree tree(
      "mkdir d e; echo 1 > d/one; echo 2 > e/two; mkdir -p ../photos/sub; echo p > "
      "../photos/sub/p; echo q > ../photos/q; cp -a ../photos ../more");
  tree.Agent("rm -r d e; echo file > e");
  tree.Host("mv ../photos d/; mv ../more e/");
  tree.End();
  constexpr const char* kChanged = " (changed in the real tree since the sandbox started)\n";
  constexpr const char* kStays = " (something in the directory stays)\n";
  const std::string said = tree.Apply();
  for (const std::string path : {"d/photos/", "d/photos/q", "d/photos/sub/", "d/photos/sub/p"})
    BOOST_TEST(said.find("skipped  " + path + kChanged) != std::string::npos, said);
  BOOST_TEST(said.find(std::string("skipped  e") + kStays) != std::string::npos, said);
  tree.Host(
      "test \"$(cat d/photos/sub/p d/photos/q e/more/sub/p e/more/q e/two)\" = 'p\nq\np\nq\n2' && "
      "! "
      "test -e d/one");
  BOOST_TEST(tree.Apply({.force = true}) == "");
  tree.Host("! test -e d && test -f e");
}

// Names that were changed in it since make it look like one in use, and the files have old times.
BOOST_AUTO_TEST_CASE(in_a_directory_that_the_host_moved_over_one_everything_stays) {
  LayeredTree tree(
      "mkdir -p d/sub other/sub; for f in x y sub/z; do echo 1 > d/$f; echo host > other/$f; done");
  tree.Agent("echo agent > d/x; rm d/y; echo agent > d/sub/z; echo agent > d/new");
  tree.End();
  tree.Host("mv d old; mv other d; : > d/touched");
  constexpr const char* kChanged = " (changed in the real tree since the sandbox started)\n";
  std::string skipped;
  for (const char* path : {"d/sub/z", "d/x", "d/y"})
    skipped += std::string("skipped  ") + path + kChanged;
  BOOST_TEST(tree.Apply() == skipped);
  tree.Host("test \"$(cat d/x d/y d/sub/z d/new)\" = 'host\nhost\nhost\nagent'");
  BOOST_TEST(tree.Apply({.force = true}) == "");
  tree.Host("test \"$(cat d/x d/sub/z)\" = 'agent\nagent' && ! test -e d/y");
}

BOOST_AUTO_TEST_CASE(what_the_host_did_to_names_in_a_directory_is_no_conflict) {
  LayeredTree tree("mkdir -p d/sub e; echo 1 > d/x; echo 1 > d/sub/y; echo 1 > d/z");
  tree.Agent("echo agent > d/x; echo agent > d/sub/y");
  tree.End();
  tree.Host("mv d/z d/t; : > d/touched; mv d e; mkdir d; mv e/d/* d");
  // The file was moved itself, the other one with its directory.
  BOOST_TEST(tree.Apply() == "skipped  d/x (changed in the real tree since the sandbox started)\n");
  tree.Host("test \"$(cat d/x d/sub/y)\" = '1\nagent'");
}

BOOST_AUTO_TEST_CASE(below_what_is_left_out_everything_is) {
  LayeredTree tree("echo 1 > x");
  tree.Agent("rm x; mkdir -p x/y; echo 2 > x/y/z");
  tree.Host("echo host > x");
  tree.End();
  BOOST_TEST(tree.Apply() ==
             "skipped  x/ (changed in the real tree since the sandbox started)\n"
             "skipped  x/y/ (the directory that it belongs in was not applied)\n"
             "skipped  x/y/z (the directory that it belongs in was not applied)\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(merge_hostile)

BOOST_AUTO_TEST_CASE(what_is_never_applied) {
  LayeredTree tree("echo 1 > file; echo 2 > x");
  tree.Agent(
      "mknod null c 1 3; mknod disk b 8 0; mkfifo fifo; python3 -c 'import socket; "
      "socket.socket(socket.AF_UNIX).bind(\"socket\")'; echo x > \"$(printf 'a\\nb')\"; "
      "echo x > \"$(printf '\\033[2Jx')\"; echo x > .agentbox-apply-test; rm x; mkfifo x");
  tree.End();
  BOOST_TEST(tree.Apply({.force = true, .allow_runs_later = true}) ==
             "refused  \"\\033[2Jx\" (control characters in its name)\n"
             "refused  .agentbox-apply-test (a name that is used while applying)\n"
             "refused  \"a\\nb\" (control characters in its name)\n"
             "refused  disk (a device)\n"
             "refused  fifo (a fifo)\n"
             "refused  null (a device)\n"
             "refused  socket (a socket)\n"
             "refused  x (a fifo)\n");
  tree.Host("test \"$(ls -A)\" = \"file\nx\"");
}

BOOST_AUTO_TEST_CASE(set_id_bits_and_capabilities_stay_behind) {
  LayeredTree tree("echo 1 > file");
  tree.Agent(
      "cp /bin/true suid; chmod 6755 suid; cp /bin/true capable; setcap cap_net_raw+ep "
      "capable; setfacl -m u:33:rwx file");
  tree.End();
  BOOST_TEST(tree.Apply() ==
             "add      capable (access list or capabilities left out)\n"
             "change   file (access list or capabilities left out)\n"
             "add      suid (set-id bits left out)\n");
  tree.Host(
      "test \"$(stat -c %a suid capable)\" = \"755\n755\" && test -z \"$(getcap capable)\" && "
      "! getfacl -cn file | grep -q user:33");
}

BOOST_AUTO_TEST_CASE(a_link_out_is_a_link_and_nothing_is_written_through_it) {
  LayeredTree tree("mkdir dir; echo 1 > dir/file; echo secret > ../outside");
  tree.Agent("ln -s ../outside out; ln -s /etc/passwd passwd; rm -r dir; ln -s /srv dir");
  tree.End();
  BOOST_TEST(tree.Apply() ==
             "replace  dir (a symbolic link out of the tree)\n"
             "add      out (a symbolic link out of the tree)\n"
             "add      passwd (a symbolic link out of the tree)\n");
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
  tree.Host("test \"$(cat ../outside)\" = secret");
}

// The host's own tree: a directory on the way has become a symlink, to where the agent would like
// its file to be.
BOOST_AUTO_TEST_CASE(a_symlink_on_the_way_is_not_followed) {
  LayeredTree tree("mkdir -p d/e ../target; echo 1 > d/e/file");
  tree.Agent("echo agent > d/e/file; echo agent > d/e/new; rm -rf nothing");
  tree.Host("mv d ../moved; ln -s ../target d; mkdir -p ../target/e");
  tree.End();
  const std::string said = tree.Apply();
  BOOST_TEST(said.find("skipped  d/e/file") != std::string::npos, said);
  BOOST_TEST(said.find("skipped  d/e/new") != std::string::npos, said);
  tree.Host("test -h d && test -z \"$(ls -A ../target/e)\"");
  tree.Apply({.force = true});
  tree.Host("test -z \"$(ls -A ../target/e)\" && test \"$(cat ../moved/e/file)\" = 1");
}

// A symlink of the agent's own, in a directory that it then writes to: in the layer both are there.
BOOST_AUTO_TEST_CASE(a_layer_with_a_link_for_a_directory_writes_nowhere) {
  LayeredTree tree("mkdir ../target; echo 1 > file");
  tree.Agent("ln -s ../target d");
  tree.End();
  tree.Host("mkdir d; echo host > d/file");
  BOOST_TEST(tree.Apply() ==
             "skipped  d (something in the directory stays)\n"
             "skipped  d/file (changed in the real tree since the sandbox started)\n");
  tree.Host("test -z \"$(ls -A ../target)\"");
}

BOOST_AUTO_TEST_CASE(what_was_hidden_is_neither_replaced_nor_deleted) {
  LayeredTree tree("mkdir d; echo secret > .env; echo secret > d/key; echo x > d/x");
  tree.Agent("rm .env d/key");  // as the runtime hides them
  tree.Agent("rm -r d; echo mine > .env");
  tree.End();
  const std::string said = tree.Apply({.force = true, .hidden = {".env", "d/key"}});
  BOOST_TEST(said.find("refused  .env (the sandbox was not to see it)") != std::string::npos, said);
  tree.Host("test \"$(cat .env d/key)\" = \"secret\nsecret\" && ! test -e d/x");
}

BOOST_AUTO_TEST_CASE(nothing_comes_into_a_directory_that_was_hidden) {
  LayeredTree tree("mkdir keys; echo secret > keys/id");
  tree.Agent("rm -r keys");  // as the runtime hides it
  tree.Agent("mkdir -p keys/deep; echo evil > keys/authorized; echo evil > keys/deep/file");
  tree.End();
  BOOST_TEST(tree.Apply({.force = true, .hidden = {"keys"}}) ==
             "refused  keys/authorized (the sandbox was not to see it)\n"
             "refused  keys/deep/ (the sandbox was not to see it)\n"
             "refused  keys/deep/file (the sandbox was not to see it)\n");
  tree.Host("test \"$(ls -A keys)\" = id && test \"$(cat keys/id)\" = secret");
}

BOOST_AUTO_TEST_CASE(what_runs_later_waits_for_a_yes) {
  LayeredTree tree("mkdir -p .git/hooks; echo a > Makefile; echo b > src");
  tree.Agent(
      "echo evil > .git/hooks/pre-commit; echo evil >> Makefile; echo c > src; mkdir "
      ".vscode; echo '{}' > .vscode/tasks.json; echo evil > .envrc; mkdir -p vendor/x; echo "
      "'gitdir: ../../y' > vendor/x/.git");
  tree.End();
  BOOST_TEST(tree.Apply() ==
             "skipped  .envrc (runs code later)\n"
             "skipped  .git/hooks/pre-commit (runs code later)\n"
             "skipped  .vscode/tasks.json (runs code later)\n"
             "skipped  Makefile (runs code later)\n"
             "skipped  vendor/x/.git (runs code later)\n");
  tree.Host("test \"$(cat src Makefile)\" = \"c\na\" && test -z \"$(ls .git/hooks)\"");
  tree.Apply({.allow_runs_later = true});
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
}

BOOST_AUTO_TEST_CASE(a_symlink_for_a_directory_of_what_runs_later_does_so_too) {
  LayeredTree tree("mkdir .vscode; echo a > .vscode/tasks.json");
  tree.Agent(
      "mkdir innocent; echo evil > innocent/tasks.json; rm -r .vscode; ln -s innocent .vscode");
  tree.End();
  BOOST_TEST(tree.Apply() ==
             "skipped  .vscode (runs code later)\n"
             "skipped  .vscode/tasks.json (the directory that it belongs in was not applied)\n");
  tree.Host("test \"$(cat .vscode/tasks.json)\" = a");
}

// Deeper than a path can name, as no tool of the host makes it: what can be named is applied.
BOOST_AUTO_TEST_CASE(a_layer_deeper_than_any_path_stops_nothing_else) {
  LayeredTree tree("echo 1 > z");
  tree.Agent(R"(echo 2 > z; python3 -c '
import os
for i in range(30):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
open("file", "w")'
)");
  tree.End();
  const std::string said = tree.Apply();
  BOOST_TEST(said.starts_with("refused  ddd"), said);
  BOOST_TEST(said.ends_with("d/ (deeper than a path can name)\n"), said);
  BOOST_TEST(std::ranges::count(said, '\n') == 1);
  tree.Host("test $(cat z) = 2");
}

BOOST_AUTO_TEST_CASE(an_access_list_of_the_hosts_stays_on_the_file_that_is_replaced) {
  LayeredTree tree("echo 1 > file; setfacl -m u:33:rw,g::- file");
  tree.Agent("echo 2 > file");
  tree.End();
  BOOST_TEST(tree.Apply() == "");
  tree.Host(
      "test $(cat file) = 2 && getfacl -cn file | grep -q user:33:rw- && getfacl -cn file | "
      "grep -q group::---");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
