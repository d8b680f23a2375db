#include "abi/signals.h"

#include <csignal>
#include <cstring>

#include <boost/test/unit_test.hpp>

namespace agentbox::abi {
namespace {

BOOST_AUTO_TEST_SUITE(signals)

BOOST_AUTO_TEST_CASE(every_name_of_the_c_library_is_known) {
  for (int number = 1; number <= 31; ++number) {
    BOOST_TEST(SignalNumber(::sigabbrev_np(number)).value() == number);
  }
}

BOOST_AUTO_TEST_CASE(a_signal_is_a_name_in_any_case_or_a_number) {
  for (const char* text : {"TERM", "SIGTERM", "term", "SigTerm", "15"}) {
    BOOST_TEST(SignalNumber(text).value() == SIGTERM);
  }
  BOOST_TEST(SignalNumber("0").value() == 0);
  BOOST_TEST(SignalNumber("64").value() == 64);
  BOOST_TEST(SignalNumber("SIGCLD").value() == SIGCHLD);
  BOOST_TEST(SignalNumber("POLL").value() == SIGPOLL);
  BOOST_TEST(SignalNumber("IOT").value() == SIGIOT);
}

BOOST_AUTO_TEST_CASE(real_time_signals_count_from_either_end) {
  BOOST_TEST(SignalNumber("RTMIN").value() == SIGRTMIN);
  BOOST_TEST(SignalNumber("SIGRTMIN+3").value() == SIGRTMIN + 3);
  BOOST_TEST(SignalNumber("rtmax-1").value() == SIGRTMAX - 1);
  BOOST_TEST(SignalNumber("RTMAX").value() == SIGRTMAX);
}

BOOST_AUTO_TEST_CASE(anything_else_is_none) {
  for (const char* text : {"",
                           "SIG",
                           "BOGUS",
                           "-9",
                           "65",
                           "9 ",
                           "RTMIN-1",
                           "RTMAX+1",
                           "RTMIN+31",
                           "RTMIN+",
                           "RTMINX",
                           "RTMIN+4294967299"}) {
    BOOST_TEST(!SignalNumber(text).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::abi
