#include "container/template_record.h"

#include <string>

#include <boost/test/unit_test.hpp>

#include "container/template_archive.h"
#include "container/template_store.h"

namespace agentbox::container {
namespace {

BOOST_AUTO_TEST_SUITE(template_record)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const TemplateRecord record = {.name = "dev",
                                 .parent = "base",
                                 .image = "/srv/\"image\"",
                                 .system = "debian 12",
                                 .command = {"/bin/sh", "-c", "a\nb"},
                                 .container = "c1",
                                 .created = "2026-01-02T03:04:05.000000006Z",
                                 .maps = {.uids = {{0, 1000000, 65536}}, .gids = {{0, 1, 2}}},
                                 .uses_user_xattrs = true,
                                 .size = ~std::uint64_t{0},
                                 .files = 200000};
  const auto read = ReadTemplateRecord(ToJson(record));
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(ToJson(*read) == ToJson(record));
  BOOST_TEST((read->maps == record.maps));
  BOOST_TEST(read->size == ~std::uint64_t{0});
  BOOST_TEST(read->system == "debian 12");
  BOOST_TEST(read->command.back() == "a\nb");
}

BOOST_AUTO_TEST_CASE(a_record_without_its_maps_is_none) {
  BOOST_TEST(ReadTemplateRecord("{\"name\": \"dev\"}").error().ToString().find("parent") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_can_lead_nowhere) {
  for (const char* name : {"dev", "a", "node-20.1_x+y", "9"})
    BOOST_TEST(CheckTemplateName(name).has_value(), name);
  for (const char* name : {"", ".", "..", ".new-x", "-x", "a/b", "../a", "a b", "\xc3\xa4", "a\n"})
    BOOST_TEST(!CheckTemplateName(name).has_value(), name);
  BOOST_TEST(CheckTemplateName(std::string(100, 'a')).has_value());
  BOOST_TEST(!CheckTemplateName(std::string(101, 'a')).has_value());
}

BOOST_AUTO_TEST_CASE(a_use_names_its_template) {
  const plan::TemplateLayer layer = {.name = "dev",
                                     .directory = "/var/lib/agentbox/@templates/dev/layer"};
  const std::string use = TemplateUse(layer, "/var/lib/agentbox/c1.0");
  BOOST_TEST(use == "/var/lib/agentbox/@templates/dev/users/c1.0");
  BOOST_TEST(TemplateOfUse(use) == "dev");
  BOOST_TEST(TemplateOfUse("").empty());
}

// vfs_cap_data of cap_net_raw+ep (linux/capability.h).
const std::string kPortable(
    "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00",
    20);
const std::string kOnDisk(
    "\x01\x00\x00\x03\x00\x20\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x40\x42\x0f\x00",
    24);

BOOST_AUTO_TEST_CASE(capabilities_leave_their_root_behind_and_find_one) {
  BOOST_TEST(PortableCapability(kOnDisk, 1000000) == kPortable);
  BOOST_TEST(CapabilityOf(kPortable, 1000000) == kOnDisk);
}

BOOST_AUTO_TEST_CASE(capabilities_of_another_root_are_none) {
  BOOST_TEST(PortableCapability(kOnDisk, 0).empty());
  BOOST_TEST(PortableCapability(kPortable, 1000000).empty());
  BOOST_TEST(CapabilityOf(kOnDisk, 1000000).empty());
  BOOST_TEST(CapabilityOf("", 1000000).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
