#include "review/record.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::review {
namespace {

Record Example() {
  return {.name = "brave-otter",
          .container = "do-1-2",
          .state_root = "/run/agentbox",
          .command = {"sh", "-c", "echo \"hi\"\n"},
          .started = 1'700'000'000'123'456'789,
          .maps = {.uids = {{0, 1879048192, 65536}}, .gids = {{0, 1, 2}, {3, 4, 5}}},
          .uses_user_xattrs = true,
          .is_in_image = true,
          .mounts = {{.destination = "/work",
                      .source = "/home/a/src",
                      .directory = "mount-0",
                      .identity = {.filesystem = "ext4", .id = "00ff", .handle = "01a0"},
                      .hidden = {".env", "a/id_rsa"},
                      .emptied = {"tmp"}},
                     {.destination = "/b", .source = "/b", .directory = "mount-1"},
                     {.destination = "/c", .source = "/d", .file = "e", .directory = "mount-2"}}};
}

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

BOOST_AUTO_TEST_SUITE(review_record)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const auto read = FromJson(ToJson(Example()));
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == Example()));
}

BOOST_AUTO_TEST_CASE(a_file_is_shown_by_its_path) {
  BOOST_TEST(ReviewedMount{.source = "/home/a"}.Shown() == "/home/a");
  BOOST_TEST((ReviewedMount{.source = "/home/a", .file = "f"}.Shown()) == "/home/a/f");
  BOOST_TEST((ReviewedMount{.source = "/", .file = "f"}.Shown()) == "/f");
}

BOOST_AUTO_TEST_CASE(paths_come_back_whatever_their_bytes) {
  Record record = Example();
  record.state_root = "/r\xff";
  for (const std::string path :
       {"/a\\xff", "/\xff\xfe", "/\xc3", "/\xc3\xa4\n\t\x01", "/\\", "/\\\\x", "/\xed\xa0\x80"}) {
    record.mounts.front().source = path;
    record.mounts.front().file = path;
    record.mounts.front().destination = path;
    record.mounts.front().hidden = {path, "plain"};
    record.mounts.front().emptied = {path};
    const auto read = FromJson(ToJson(record));
    BOOST_REQUIRE_MESSAGE(read.has_value(), path);
    BOOST_TEST((*read == record), path);
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_an_error_with_the_member) {
  const std::string text = ToJson(Example());
  const auto error_of = [](const std::string& damaged) {
    const auto read = FromJson(damaged);
    return read ? std::string() : read.error().ToString();
  };
  BOOST_TEST(error_of(Replaced(text, "/home/a/src", "/home\\\\q")) ==
             "mounts[0].source: a backslash is followed by neither a backslash nor xNN");
  BOOST_TEST(error_of(Replaced(text, "/home/a/src", "/home\\\\x1")) ==
             "mounts[0].source: a backslash is followed by neither a backslash nor xNN");
  BOOST_TEST(error_of(Replaced(text, "/home/a/src", "/home\\\\")) ==
             "mounts[0].source: a backslash is followed by neither a backslash nor xNN");
  BOOST_TEST(error_of(Replaced(text, "1700000000123456789", "\"then\"")) ==
             "started: expected an integer, found the string \"then\"");
  BOOST_TEST(error_of("{}") == "name: is required");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
