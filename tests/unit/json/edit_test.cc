#include "json/edit.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace agentbox::json {
namespace {

const std::vector<std::string> kKeys = {"runtimes", "agentbox", "path"};

// `text` with runtimes.agentbox.path; or the error.
std::string With(std::string_view text) {
  const auto edited = SetString(text, kKeys, "/bin/a");
  return edited ? *edited : edited.error().ToString();
}

std::string Without(std::string_view text) {
  const auto edited = RemoveMember(text, {"runtimes", "agentbox"});
  return edited ? *edited : edited.error().ToString();
}

// Adding and removing gives `text` again.
void CheckRoundTrip(std::string_view text) {
  const std::string with = With(text);
  BOOST_TEST(with != text);
  BOOST_TEST(Without(with) == text);
  BOOST_TEST(With(with) == with);
}

BOOST_AUTO_TEST_SUITE(json_edit)

BOOST_AUTO_TEST_CASE(a_new_member_is_the_last_and_written_as_those_before) {
  BOOST_TEST(With("{\n    \"debug\": true\n}\n") ==
             "{\n    \"debug\": true,\n    \"runtimes\": {\n        \"agentbox\": {\n            "
             "\"path\": \"/bin/a\"\n        }\n    }\n}\n");
}

BOOST_AUTO_TEST_CASE(tabs_and_the_ends_of_lines_are_kept) {
  BOOST_TEST(With("{\r\n\t\"debug\" : true\r\n}") ==
             "{\r\n\t\"debug\" : true,\r\n\t\"runtimes\": {\r\n\t\t\"agentbox\": {\r\n\t\t\t"
             "\"path\": \"/bin/a\"\r\n\t\t}\r\n\t}\r\n}");
}

BOOST_AUTO_TEST_CASE(what_stands_on_one_line_stays_there) {
  BOOST_TEST(With(R"({ "debug": true })") ==
             R"({ "debug": true, "runtimes": {"agentbox": {"path": "/bin/a"}} })");
  BOOST_TEST(With(R"({"debug":true})") ==
             R"({"debug":true,"runtimes":{"agentbox":{"path":"/bin/a"}}})");
}

BOOST_AUTO_TEST_CASE(empty_texts_and_objects_become_a_file_of_lines) {
  const std::string made =
      "{\n  \"runtimes\": {\n    \"agentbox\": {\n      \"path\": \"/bin/a\"\n    }\n  }\n}\n";
  BOOST_TEST(With("") == made);
  BOOST_TEST(With(" \n") == made);
  BOOST_TEST(With("{}\n") == made);
  BOOST_TEST(With("{ }\n") == made);
}

BOOST_AUTO_TEST_CASE(other_members_are_kept_byte_by_byte) {
  const std::string others =
      "{\n  \"log-opts\" :{ \"max-size\": \"1\\u0030m\" , \"n\":1e3},\n"
      "  \"runtimes\": {\n    \"kata\": { \"path\": \"/k\", \"runtimeArgs\": [ ] }\n  },\n"
      "  \"default-runtime\": \"kata\"\n}\n";
  BOOST_TEST(With(others) ==
             "{\n  \"log-opts\" :{ \"max-size\": \"1\\u0030m\" , \"n\":1e3},\n"
             "  \"runtimes\": {\n    \"kata\": { \"path\": \"/k\", \"runtimeArgs\": [ ] },\n"
             "    \"agentbox\": {\n      \"path\": \"/bin/a\"\n    }\n  },\n"
             "  \"default-runtime\": \"kata\"\n}\n");
  CheckRoundTrip(others);
}

BOOST_AUTO_TEST_CASE(removing_is_the_reverse_of_adding) {
  CheckRoundTrip("{}\n");
  CheckRoundTrip("{\"a\": [1, {\"runtimes\": 3}], \"b\": \"}\\\\\\\"\"}");
  CheckRoundTrip("\n\n{\n\t\"a\": 1, \"b\": 2 }\n\n");
  CheckRoundTrip("{\r\n  \"a\": null\r\n}\r\n");
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_there_gets_the_value_and_keeps_its_others) {
  BOOST_TEST(With(R"({"runtimes": {"agentbox": {"path": "/old", "runtimeArgs": ["--debug"]}}})") ==
             R"({"runtimes": {"agentbox": {"path": "/bin/a", "runtimeArgs": ["--debug"]}}})");
  BOOST_TEST(With(R"({"runtimes": {"agentbox": {"runtimeArgs": []}}})") ==
             R"({"runtimes": {"agentbox": {"runtimeArgs": [], "path": "/bin/a"}}})");
}

BOOST_AUTO_TEST_CASE(null_is_an_object_that_has_nothing) {
  BOOST_TEST(With(R"({"runtimes": null, "a": 1})") ==
             R"({"runtimes": {"agentbox": {"path": "/bin/a"}}, "a": 1})");
  BOOST_TEST(Without(R"({"runtimes": null, "a": 1})") == R"({"runtimes": null, "a": 1})");
}

BOOST_AUTO_TEST_CASE(a_key_is_found_however_it_is_written) {
  BOOST_TEST(With(R"({"\u0072untimes": {"agentbox": {"path": "/old"}}})") ==
             R"({"\u0072untimes": {"agentbox": {"path": "/bin/a"}}})");
}

BOOST_AUTO_TEST_CASE(the_first_and_a_middle_member_can_go_too) {
  BOOST_TEST(Without(R"({"runtimes": {"agentbox": {}, "k": {}}, "z": 1})") ==
             R"({"runtimes": {"k": {}}, "z": 1})");
  BOOST_TEST(Without(R"({"runtimes": {"agentbox": {}}, "z": 1})") == R"({"z": 1})");
  BOOST_TEST(Without(R"({"a": 1, "runtimes": {"agentbox": {}}, "z": 1})") == R"({"a": 1, "z": 1})");
}

BOOST_AUTO_TEST_CASE(what_is_broken_is_not_changed_but_told_with_its_place) {
  BOOST_TEST(With("{\n  \"debug\": true,\n}\n").starts_with("line 3, column 1: "));
  BOOST_TEST(With("{\n  // note\n}").starts_with("line 2, column "));
  BOOST_TEST(With("{\"a\": 1").starts_with("line 1, column 7: "));
  BOOST_TEST(With("{\"a\": 1, \"a\": 2}") == "a: the key is there twice");
  BOOST_TEST(With("[]") == "expected an object, found a list");
  BOOST_TEST(With("null") == "expected an object, found null");
  BOOST_TEST(With(R"({"runtimes": []})") == "runtimes: expected an object, found a list");
  BOOST_TEST(With(R"({"runtimes": {"agentbox": {"path": 1}}})") ==
             "runtimes.agentbox.path: expected a string, found the number 1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::json
