#include "plan/profile_text.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "plan/default_profile.h"

namespace agentbox::plan {
namespace {

constexpr const char* kManual = AGENTBOX_SOURCE "/man/agentbox-seccomp.7";
constexpr std::string_view kBegin = ".\\\" table begins\n";
constexpr std::string_view kEnd = ".\\\" table ends\n";

std::string ReadManual() {
  std::ifstream file(kManual);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

BOOST_AUTO_TEST_SUITE(profile_text)

BOOST_AUTO_TEST_CASE(the_manuals_table_is_the_table) {
  std::string manual = ReadManual();
  const auto begin = manual.find(kBegin);
  const auto end = manual.find(kEnd);
  BOOST_REQUIRE(begin != std::string::npos);
  BOOST_REQUIRE(end != std::string::npos);
  const auto first = begin + kBegin.size();
  if (std::getenv("AGENTBOX_REWRITE_GOLDEN") != nullptr) {
    manual.replace(first, end - first, ManualTable());
    std::ofstream(kManual) << manual;
    return;
  }
  const bool is_same = manual.substr(first, end - first) == ManualTable();
  BOOST_TEST(is_same, "run tests/golden/rewrite and see git diff");
}

BOOST_AUTO_TEST_CASE(a_call_is_explained_for_each_profile) {
  const std::string text = Explanation(*FindSyscall("perf_event_open"));
  BOOST_TEST(text.starts_with("perf_event_open(2): number 298 on x86-64, 241 on arm64\n"));
  BOOST_TEST(text.find("dev       denied EPERM: ") != std::string::npos);
  BOOST_TEST(text.find("debug     limited: ") != std::string::npos);
  BOOST_TEST(text.find("perf_event_open: EACCES if int(arg1) == 4294967295\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_profiles_text_has_a_line_for_each_call) {
  std::size_t calls = 0;
  for (const SyscallEntry& entry : SyscallTable())
    calls += entry.Number() ? 1 : 0;
  const std::string text = ProfileText(policy::Profile::kParanoid);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  BOOST_TEST(lines == calls + 2);
  BOOST_TEST(text.starts_with("profile paranoid: U "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
