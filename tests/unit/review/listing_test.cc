#include "review/listing.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::review {
namespace {

struct stat Status(mode_t mode, uid_t uid = 0, gid_t gid = 0) {
  struct stat status = {};
  status.st_mode = mode;
  status.st_uid = uid;
  status.st_gid = gid;
  return status;
}

const struct stat kFile = Status(S_IFREG | 0644);

BOOST_AUTO_TEST_SUITE(listing)

BOOST_AUTO_TEST_CASE(a_line_says_what_differs) {
  Change change = {.kind = ChangeKind::kModified, .path = "f", .real = kFile, .layer = kFile};
  change.content = true;
  BOOST_TEST(ListLine(change) == "M  f");
  change.layer = Status(S_IFREG | 04755, 1000, abi::kNoId);
  change.mode = true;
  change.owner = true;
  BOOST_TEST(ListLine(change) == "M  f  (contents, mode 0644 to 4755, owner 0:0 to 1000:unmapped)");
  change.kind = ChangeKind::kMetadata;
  change.content = change.owner = false;
  change.xattrs = true;
  BOOST_TEST(ListLine(change) == "m  f  (mode 0644 to 4755, xattrs)");
}

BOOST_AUTO_TEST_CASE(what_is_no_file_says_so) {
  const struct stat link = Status(S_IFLNK | 0777);
  const struct stat directory = Status(S_IFDIR | 0755);
  BOOST_TEST(ListLine({.kind = ChangeKind::kAdded, .path = "l", .layer = link}) ==
             "A  l  (symlink)");
  BOOST_TEST(ListLine({.kind = ChangeKind::kAdded, .path = "d", .layer = directory}) == "A  d/");
  BOOST_TEST(ListLine({.kind = ChangeKind::kDeleted, .path = "d", .real = directory}) == "D  d/");
  BOOST_TEST(
      ListLine({.kind = ChangeKind::kTypeChanged, .path = "d", .real = directory, .layer = link}) ==
      "T  d  (directory to symlink)");
}

BOOST_AUTO_TEST_CASE(where_it_comes_from_is_told) {
  BOOST_TEST(ListLine({.kind = ChangeKind::kAdded,
                       .path = "b",
                       .from = "a",
                       .layer = Status(S_IFDIR | 0755)}) == "A  b/  (from a)");
  BOOST_TEST(ListLine({.kind = ChangeKind::kAdded, .path = "b", .from = "a\n", .layer = kFile}) ==
             "A  b  (same file as \"a\\n\")");
}

BOOST_AUTO_TEST_CASE(a_name_is_one_line_whatever_it_has) {
  BOOST_TEST(ListLine({.kind = ChangeKind::kDeleted, .path = "a\nD  b", .real = kFile}) ==
             "D  \"a\\nD  b\"");
}

BOOST_AUTO_TEST_CASE(json_has_both_sides) {
  Change change = {.kind = ChangeKind::kModified,
                   .path = "f",
                   .real = kFile,
                   .layer = Status(S_IFREG | 0600, abi::kNoId, 7)};
  change.content = change.mode = change.owner = true;
  change.layer.st_size = 12;
  BOOST_TEST(
      JsonLine(change, "/work") ==
      R"({"change":"modified","tree":"/work","path":"f","differs":["contents","mode","owner"],)"
      R"("before":{"type":"file","mode":"0644","uid":0,"gid":0,"size":0},)"
      R"("after":{"type":"file","mode":"0600","uid":null,"gid":7,"size":12}})");
}

BOOST_AUTO_TEST_CASE(json_loses_no_byte_of_a_name) {
  const std::string line =
      JsonLine({.kind = ChangeKind::kDeleted, .path = "a\n\xff", .real = kFile}, "/work");
  BOOST_TEST(line.find(R"("path":"a\n\ufffd","pathHex":"610aff")") != std::string::npos, line);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
