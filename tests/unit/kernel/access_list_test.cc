#include "kernel/access_list.h"

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

namespace agentbox::kernel {
namespace {

using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(kernel_access_list)

BOOST_AUTO_TEST_CASE(only_named_users_and_groups_of_a_list_have_ids) {
  const abi::IdMaps maps = {.uids = {{0, 0x10000, 65536}}, .gids = {{0, 0x20000, 65536}}};
  // Version 2; the owner, user 5, the owning group, group 7, the mask, others.
  const auto list =
      "\x02\0\0\0"
      "\x01\0\x07\0\xff\xff\xff\xff"
      "\x02\0\x06\0\x05\0\0\0"
      "\x04\0\x05\0\xff\xff\xff\xff"
      "\x08\0\x04\0\x07\0\0\0"
      "\x10\0\x07\0\xff\xff\xff\xff"
      "\x20\0\0\0\xff\xff\xff\xff"sv;
  const auto expected =
      "\x02\0\0\0"
      "\x01\0\x07\0\xff\xff\xff\xff"
      "\x02\0\x06\0\x05\0\x01\0"
      "\x04\0\x05\0\xff\xff\xff\xff"
      "\x08\0\x04\0\x07\0\x02\0"
      "\x10\0\x07\0\xff\xff\xff\xff"
      "\x20\0\0\0\xff\xff\xff\xff"sv;
  BOOST_TEST((WithHostIds(std::string(list), maps) == expected));
  BOOST_TEST((WithContainerIds(std::string(expected), maps) == list));
}

BOOST_AUTO_TEST_CASE(an_id_outside_of_the_map_is_nobodys) {
  const auto list = "\x02\0\0\0\x02\0\x06\0\x05\0\0\0"sv;
  const abi::IdMaps none = {.uids = {}, .gids = {{0, 0, 65536}}};
  BOOST_TEST((WithHostIds(std::string(list), none) == "\x02\0\0\0\x02\0\x06\0\xfe\xff\0\0"sv));
  BOOST_TEST(
      (WithContainerIds(std::string(list), none) == "\x02\0\0\0\x02\0\x06\0\xff\xff\xff\xff"sv));
}

BOOST_AUTO_TEST_CASE(the_attributes_are_known_by_name) {
  BOOST_TEST(IsAccessList("system.posix_acl_access"));
  BOOST_TEST(IsAccessList("system.posix_acl_default"));
  BOOST_TEST(!IsAccessList("system.nfs4_acl"));
}

BOOST_AUTO_TEST_CASE(what_is_no_whole_list_stays_as_it_is) {
  const abi::IdMaps maps = {.uids = {{0, 0x10000, 65536}}, .gids = {}};
  for (const std::string_view text : {""sv, "\x02\0"sv, "\x02\0\0\0\x02\0\x06\0\x05\0\0"sv})
    BOOST_TEST((WithHostIds(std::string(text), maps) == text));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::kernel
