#include "container/process_table.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

BOOST_AUTO_TEST_SUITE(process_table)

BOOST_AUTO_TEST_CASE(the_heading_and_the_rows_of_the_pids_are_kept) {
  const auto rows =
      SelectRows("UID    PID  CMD\nroot     1  init\nroot    42  sh 7\nroot 7 x\n", {42, 99});
  BOOST_TEST(rows.value() == "UID    PID  CMD\nroot    42  sh 7\n");
}

BOOST_AUTO_TEST_CASE(output_without_pids_is_an_error) {
  BOOST_TEST(!SelectRows("CMD\ninit\n", {1}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
