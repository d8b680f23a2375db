#include "container/id_ranges.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

// "first-end,..." of the pool, after "built-in " where it is; or the error.
std::string PoolOf(std::string_view subuid, std::string_view subgid) {
  const auto pool = ReadIdPool(subuid, subgid);
  if (!pool) return pool.error().ToString();
  std::string text = pool->is_built_in ? "built-in " : "";
  for (const IdInterval& interval : pool->intervals) {
    text += std::to_string(interval.first) + "-" + std::to_string(interval.end) + ",";
  }
  return text;
}

// Two ranges, records in a directory of the test's own, and state directories a, b, c.
struct Records {
  Records() {
    std::string path = "/tmp/agentbox-unit.XXXXXX";
    root = ::mkdtemp(path.data());
    for (const char* name : {"/a", "/b", "/c"})
      std::filesystem::create_directory(root + name);
    std::ofstream(root + "/subuid") << "agentbox:200000:131072\n";
    files = {root + "/ids", root + "/subuid", root + "/subuid"};
  }
  ~Records() { std::filesystem::remove_all(root); }

  // The first id of a new range for `name`; 0 where there is none.
  std::uint32_t Allocate(const std::string& name) const {
    return AllocateIdRange(root + "/" + name, files).value_or(0);
  }

  std::string root;
  IdRangeFiles files;
};

BOOST_AUTO_TEST_SUITE(id_ranges)

BOOST_AUTO_TEST_CASE(the_pool_is_what_both_tables_give_to_agentbox) {
  BOOST_TEST(PoolOf("root:1:5\nagentbox:200000:655360\n", "agentbox:300000:655360\n") ==
             "300000-855360,");
}

BOOST_AUTO_TEST_CASE(intervals_too_small_for_a_range_are_left_out) {
  BOOST_TEST(PoolOf("agentbox:200000:1000\nagentbox:300000:65536\n", "agentbox:200000:1000000\n") ==
             "300000-365536,");
}

BOOST_AUTO_TEST_CASE(ids_below_100000_are_never_used) {
  BOOST_TEST(PoolOf("agentbox:0:4000000\n", "agentbox:0:4000000\n") == "100000-4000000,");
}

BOOST_AUTO_TEST_CASE(tables_without_agentbox_give_the_built_in_range_without_the_ids_of_others) {
  BOOST_TEST(PoolOf("", "user:100000:65536\n") == "built-in 1879048192-2147352576,");
  BOOST_TEST(PoolOf("user:1879048192:65536\n", "user:1900000000:100\n") ==
             "built-in 1879113728-1900000000,1900000100-2147352576,");
}

BOOST_AUTO_TEST_CASE(one_table_alone_is_an_error) {
  BOOST_TEST(PoolOf("agentbox:200000:655360\n", "") ==
             "/etc/subuid and /etc/subgid give the user agentbox no 65536 ids from 100000 on in "
             "common");
}

BOOST_AUTO_TEST_CASE(a_malformed_line_of_agentbox_is_an_error_and_of_others_is_passed_over) {
  BOOST_TEST(PoolOf("agentbox:-1:65536\n", "") ==
             "/etc/subuid: expected agentbox:FIRST:COUNT, found \"agentbox:-1:65536\"");
  BOOST_TEST(PoolOf("# note\nuser:x:y:z\n", "") == "built-in 1879048192-2147352576,");
}

BOOST_AUTO_TEST_CASE(the_lowest_range_that_meets_no_other_is_picked) {
  const IdPool pool = {.intervals = {{100000, 100000 + 3 * 65536}}};
  BOOST_TEST(PickIdRange(pool, {}).value() == 100000);
  BOOST_TEST(PickIdRange(pool, {100000}).value() == 165536);
  BOOST_TEST(PickIdRange(pool, {165536}).value() == 100000);
  // Ranges of an earlier, differently aligned pool.
  BOOST_TEST(PickIdRange(pool, {100001}).value() == 165537);
  BOOST_TEST(!PickIdRange(pool, {165536, 100000, 231072}).has_value());
  BOOST_TEST(!PickIdRange(pool, {100001, 165537 + 1}).has_value());
}

BOOST_AUTO_TEST_CASE(the_next_interval_serves_when_one_is_full) {
  const IdPool pool = {.intervals = {{100000, 165536}, {300000, 365536}}};
  BOOST_TEST(PickIdRange(pool, {100000}).value() == 300000);
}

BOOST_AUTO_TEST_CASE(a_range_is_taken_until_the_last_of_those_who_share_it_is_gone) {
  const Records records;
  BOOST_TEST(records.Allocate("a") == 200000);
  BOOST_TEST(ShareIdRange(200000, records.root + "/c", records.files).has_value());
  BOOST_TEST(records.Allocate("b") == 265536);
  BOOST_TEST(FreeIdRange(records.root + "/a", records.files).has_value());
  BOOST_TEST(records.Allocate("a") == 0);
  BOOST_TEST(FreeIdRange(records.root + "/c", records.files).has_value());
  BOOST_TEST(records.Allocate("a") == 200000);
}

BOOST_AUTO_TEST_CASE(what_no_range_of_ours_begins_at_is_not_shared) {
  const Records records;
  BOOST_TEST(records.Allocate("b") == 200000);
  BOOST_TEST(ShareIdRange(123456, records.root + "/a", records.files).has_value());
  BOOST_TEST(FreeIdRange(records.root + "/b", records.files).has_value());
  BOOST_TEST(std::filesystem::is_empty(records.files.records));
}

// As for a user, who has no ranges of ours, and may not make the directory of root's.
BOOST_AUTO_TEST_CASE(where_no_ranges_are_recorded_none_is_shared_and_none_is_stale) {
  const Records records;
  BOOST_TEST(ShareIdRange(200000, records.root + "/a", records.files).has_value());
  const auto freed = FreeStaleIdRanges(records.files);
  BOOST_TEST((freed.has_value() && freed->empty()));
  BOOST_TEST(!std::filesystem::exists(records.files.records));
}

BOOST_AUTO_TEST_CASE(when_all_ranges_are_taken_those_of_vanished_owners_are_used_again) {
  const Records records;
  BOOST_TEST(records.Allocate("a") == 200000);
  BOOST_TEST(records.Allocate("b") == 265536);
  const auto none = AllocateIdRange(records.root + "/c", records.files);
  BOOST_REQUIRE(!none.has_value());
  BOOST_TEST(none.error().ToString() ==
             "all 2 ranges of 65536 ids are in use: delete containers, or give the user agentbox "
             "more ids in /etc/subuid and /etc/subgid");
  std::filesystem::remove(records.root + "/b");
  BOOST_TEST(records.Allocate("c") == 265536);
}

BOOST_AUTO_TEST_CASE(stale_records_are_freed) {
  const Records records;
  BOOST_TEST(records.Allocate("a") == 200000);
  BOOST_TEST(records.Allocate("b") == 265536);
  std::filesystem::remove(records.root + "/a");
  const auto freed = FreeStaleIdRanges(records.files);
  BOOST_REQUIRE(freed.has_value());
  BOOST_TEST((freed == std::vector<std::uint32_t>{200000}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
