// What becomes of a change when a review is applied.
#include "review/decision.h"

#include <sys/stat.h>

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::review {
namespace {

constexpr std::int64_t kStart = 1'000'000'000'000;

struct stat Entry(mode_t mode, uid_t uid = 1000, gid_t gid = 1000) {
  struct stat status = {};
  status.st_mode = mode;
  status.st_nlink = 1;
  status.st_uid = uid;
  status.st_gid = gid;
  status.st_ctim.tv_sec = 999;
  return status;
}

const struct stat kNone = {};

struct Case {
  std::string path = "file";
  struct stat real = kNone;
  struct stat layer = kNone;
  bool content = true;
  Facts facts;
  bool was_hidden = false;
  std::int64_t moved_in = 0;
};

Change ChangeOf(const Case& one) {
  Change change;
  change.path = one.path;
  change.real = one.real;
  change.layer = one.layer;
  change.content = one.content;
  change.was_hidden = one.was_hidden;
  change.moved_in = one.moved_in;
  return change;
}

Decision Of(const Case& one, Rules rules = {}) {
  rules.started = kStart;
  rules.stand_in = {.uid = 7, .gid = 8};
  return Decide(ChangeOf(one), one.facts, rules);
}

struct stat Changed(struct stat status) {
  status.st_ctim.tv_sec = 1000;
  return status;
}

std::string Outcome(const Decision& decision) {
  constexpr const char* kNames[] = {
      "nothing", "make", "put", "metadata", "replace directory", "remove", "skip", "refuse"};
  std::string text = kNames[static_cast<int>(decision.action)];
  if (decision.reason != Reason::kNone) text += ": " + std::string(Text(decision.reason));
  return text;
}

const struct stat kFile = Entry(S_IFREG | 0644);
const struct stat kDirectory = Entry(S_IFDIR | 0755);
const struct stat kSymlink = Entry(S_IFLNK | 0777);

BOOST_AUTO_TEST_SUITE(review_decision)

BOOST_AUTO_TEST_CASE(each_kind_of_change_has_its_action) {
  BOOST_TEST(Outcome(Of({.layer = kFile})) == "put");
  BOOST_TEST(Outcome(Of({.layer = kSymlink})) == "put");
  BOOST_TEST(Outcome(Of({.layer = kDirectory})) == "make");
  BOOST_TEST(Outcome(Of({.real = kFile, .layer = kFile})) == "put");
  BOOST_TEST(Outcome(Of({.real = kFile, .layer = kSymlink})) == "put");
  BOOST_TEST(Outcome(Of({.real = kFile, .layer = kDirectory})) == "make");
  BOOST_TEST(Outcome(Of({.real = kDirectory, .layer = kFile})) == "replace directory");
  BOOST_TEST(Outcome(Of({.real = kDirectory, .layer = kSymlink})) == "replace directory");
  BOOST_TEST(Outcome(Of({.real = kFile})) == "remove");
  BOOST_TEST(Outcome(Of({.real = kDirectory})) == "remove");
}

BOOST_AUTO_TEST_CASE(a_mode_alone_is_set_in_place_and_more_is_a_copy) {
  const struct stat tight = Entry(S_IFREG | 0600);
  BOOST_TEST(Outcome(Of({.real = kFile, .layer = tight, .content = false})) == "metadata");
  const struct stat both = Entry(S_IFREG | 0600, 1001);
  BOOST_TEST(Outcome(Of({.real = kFile, .layer = both, .content = false})) == "put");
  const struct stat directory = Entry(S_IFDIR | 0700, 1001);
  BOOST_TEST(Outcome(Of({.real = kDirectory, .layer = directory, .content = false})) == "metadata");
  BOOST_TEST(
      Outcome(Of(
          {.real = kFile, .layer = kFile, .content = false, .facts = {.xattrs_to_set = true}})) ==
      "put");
}

BOOST_AUTO_TEST_CASE(of_a_file_with_other_names_a_copy_gets_the_mode) {
  struct stat linked = kFile;
  linked.st_nlink = 2;
  const struct stat tight = Entry(S_IFREG | 0600);
  BOOST_TEST(Outcome(Of({.real = linked, .layer = tight, .content = false})) == "put");
}

BOOST_AUTO_TEST_CASE(what_changed_meanwhile_is_a_conflict) {
  constexpr const char* kConflict = "skip: changed in the real tree since the sandbox started";
  BOOST_TEST(Outcome(Of({.real = Changed(kFile), .layer = kFile})) == kConflict);
  BOOST_TEST(Outcome(Of({.real = Changed(kFile)})) == kConflict);
  BOOST_TEST(Outcome(Of({.real = Changed(kSymlink), .layer = kDirectory})) == kConflict);
  struct stat moved = Entry(S_IFDIR | 0700);
  BOOST_TEST(Outcome(Of({.real = Changed(kDirectory), .layer = moved})) == kConflict);
  BOOST_TEST(Outcome(Of({.layer = kFile, .facts = {.has_vanished = true}})) ==
             "skip: gone from the real tree since the sandbox started");
}

BOOST_AUTO_TEST_CASE(what_is_in_a_directory_that_was_moved_in_meanwhile_is_a_conflict) {
  BOOST_TEST((Of({.real = kFile, .layer = kFile, .moved_in = kStart}).reason == Reason::kChanged));
  BOOST_TEST((Of({.real = kDirectory, .moved_in = kStart}).reason == Reason::kChanged));
  BOOST_TEST(Outcome(Of({.real = kFile, .moved_in = kStart - 1})) == "remove");
  BOOST_TEST(Outcome(Of({.layer = kFile, .moved_in = kStart})) == "put");
}

BOOST_AUTO_TEST_CASE(force_overrides_conflicts) {
  const Rules rules = {.force = true};
  BOOST_TEST(Outcome(Of({.real = Changed(kFile), .layer = kFile}, rules)) == "put");
  BOOST_TEST(Outcome(Of({.real = Changed(kFile)}, rules)) == "remove");
  BOOST_TEST(Outcome(Of({.layer = kFile, .facts = {.has_vanished = true}}, rules)) == "put");
}

// Its times are those of each file made in it; it goes only if it is empty.
BOOST_AUTO_TEST_CASE(files_made_in_a_directory_that_goes_say_nothing_of_it) {
  struct stat used = Changed(kDirectory);
  used.st_mtim = used.st_ctim;
  BOOST_TEST(Outcome(Of({.real = used})) == "remove");
  BOOST_TEST(Outcome(Of({.real = used, .layer = kFile})) == "replace directory");
}

BOOST_AUTO_TEST_CASE(a_directory_that_was_moved_or_got_another_mode_is_a_conflict) {
  struct stat moved = Changed(kDirectory);
  moved.st_mtim = kDirectory.st_ctim;
  BOOST_TEST((Of({.real = moved}).reason == Reason::kChanged));
  BOOST_TEST((Of({.real = moved, .layer = kFile}).reason == Reason::kChanged));
  BOOST_TEST(Outcome(Of({.real = moved}, {.force = true})) == "remove");
  moved.st_ctim = kDirectory.st_ctim;
  moved.st_mtim.tv_sec = 0;
  BOOST_TEST(Outcome(Of({.real = moved})) == "remove");
}

BOOST_AUTO_TEST_CASE(the_moment_of_the_start_counts_as_after_it) {
  struct stat at = kFile;
  at.st_ctim = {.tv_sec = 1000, .tv_nsec = 0};
  BOOST_TEST((Of({.real = at, .layer = kFile}).reason == Reason::kChanged));
  at.st_ctim = {.tv_sec = 999, .tv_nsec = 999'999'999};
  BOOST_TEST((Of({.real = at, .layer = kFile}).reason == Reason::kNone));
}

BOOST_AUTO_TEST_CASE(set_id_bits_are_dropped) {
  const Decision made = Of({.layer = Entry(S_IFREG | 06755)});
  BOOST_TEST(made.mode == 0755U);
  BOOST_TEST(made.drops_set_id);
  // It is done once the rest is there: else an apply would never be complete.
  const Decision again = Of(
      {.real = Changed(Entry(S_IFREG | 0755)), .layer = Entry(S_IFREG | 06755), .content = false});
  BOOST_TEST(Outcome(again) == "nothing");
}

BOOST_AUTO_TEST_CASE(a_set_id_bit_stays_where_the_file_stays) {
  const struct stat real = Entry(S_IFREG | 04755);
  const Decision same = Of({.real = real, .layer = Entry(S_IFREG | 04700), .content = false});
  BOOST_TEST(same.mode == 04700U);
  BOOST_TEST(Of({.real = real, .layer = real, .content = true}).mode == 0755U);
  BOOST_TEST(Of({.real = real, .layer = Entry(S_IFREG | 04755, 0), .content = false}).mode ==
             0755U);
  BOOST_TEST(Of({.real = real, .layer = Entry(S_IFREG | 06755), .content = false}).mode == 04755U);
}

BOOST_AUTO_TEST_CASE(a_directory_keeps_its_set_gid_bit) {
  const Decision made = Of({.layer = Entry(S_IFDIR | 07775)});
  BOOST_TEST(made.mode == 03775U);
  BOOST_TEST(made.drops_set_id);
}

BOOST_AUTO_TEST_CASE(ids_outside_the_map_become_the_trees) {
  const Decision made = Of({.layer = Entry(S_IFREG | 0644, ~0U, 50)});
  BOOST_TEST(made.owner.uid == 7U);
  BOOST_TEST(made.owner.gid == 50U);
  BOOST_TEST(made.changes_owner);
  BOOST_TEST(Of({.layer = Entry(S_IFREG | 0644, 5, ~0U)}).owner.gid == 8U);
  BOOST_TEST(!Of({.layer = kFile}).changes_owner);
}

BOOST_AUTO_TEST_CASE(nodes_sockets_and_names_that_give_orders_are_refused) {
  BOOST_TEST(Outcome(Of({.layer = Entry(S_IFBLK | 0600)})) == "refuse: a device");
  BOOST_TEST(Outcome(Of({.layer = Entry(S_IFCHR | 0600)})) == "refuse: a device");
  BOOST_TEST(Outcome(Of({.layer = Entry(S_IFIFO | 0600)})) == "refuse: a fifo");
  BOOST_TEST(Outcome(Of({.layer = Entry(S_IFSOCK | 0600)})) == "refuse: a socket");
  constexpr const char* kName = "refuse: control characters in its name";
  BOOST_TEST(Outcome(Of({.path = "a\nb", .layer = kFile})) == kName);
  BOOST_TEST(Outcome(Of({.path = "a\x1b[2J/b", .layer = kFile})) == kName);
  BOOST_TEST(Outcome(Of({.path = "a\xc2\x9b"
                                 "2J",
                         .layer = kFile})) == kName);
  BOOST_TEST(Outcome(Of({.path = "\xc3\xa4\xc2\xa0", .layer = kFile})) == "put");
  BOOST_TEST(Outcome(Of({.path = "a\nb", .real = kFile})) == "remove");
  BOOST_TEST((Of({.path = "d/.agentbox-apply-x", .layer = kFile}).reason == Reason::kReservedName));
  // Not by force either.
  BOOST_TEST(Outcome(Of({.layer = Entry(S_IFBLK | 0600)}, {.force = true})) == "refuse: a device");
}

BOOST_AUTO_TEST_CASE(what_was_hidden_from_the_sandbox_stays) {
  constexpr const char* kHidden = "refuse: the sandbox was not to see it";
  BOOST_TEST(Outcome(Of({.real = kFile, .was_hidden = true}, {.force = true})) == kHidden);
  BOOST_TEST(Outcome(Of({.real = kFile, .layer = kFile, .was_hidden = true})) == kHidden);
}

BOOST_AUTO_TEST_CASE(what_runs_later_needs_a_yes) {
  const Facts facts = {.runs_later = true};
  const Decision stopped = Of({.layer = kFile, .facts = facts}, {.force = true});
  BOOST_TEST(Outcome(stopped) == "skip: runs code later");
  BOOST_TEST((stopped.permitted == Action::kPut));
  BOOST_TEST(Outcome(Of({.layer = kFile, .facts = facts}, {.allow_runs_later = true})) == "put");
  BOOST_TEST(Outcome(Of({.layer = kSymlink, .facts = facts})) == "skip: runs code later");
  BOOST_TEST(Outcome(Of({.real = kFile, .facts = facts})) == "remove");
  BOOST_TEST(Outcome(Of({.layer = kDirectory, .facts = facts})) == "make");
  // A conflict is one first.
  BOOST_TEST(
      (Of({.real = Changed(kFile), .layer = kFile, .facts = facts}).reason == Reason::kChanged));
}

BOOST_AUTO_TEST_CASE(a_symlink_out_of_the_tree_is_told_by_its_words) {
  BOOST_TEST(!LeadsOut("/srv/tree", "a/link", "../b"));
  BOOST_TEST(!LeadsOut("/srv/tree", "a/link", "b/../../c"));
  BOOST_TEST(LeadsOut("/srv/tree", "a/link", "../../b"));
  BOOST_TEST(LeadsOut("/srv/tree", "link", ".."));
  BOOST_TEST(LeadsOut("/srv/tree", "link", "/etc/passwd"));
  BOOST_TEST(!LeadsOut("/srv/tree", "link", "/srv/tree/b"));
  BOOST_TEST(LeadsOut("/srv/tree", "link", "/srv/tree/../b"));
  BOOST_TEST(LeadsOut("/srv/tree", "link", "/srv/treetop"));
  BOOST_TEST(!LeadsOut("/", "link", "/etc/passwd"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
