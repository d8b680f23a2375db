#include "apply/cgroup_mounts.h"

#include <boost/test/unit_test.hpp>

#include "base/strings.h"

namespace agentbox::apply {
namespace {

std::string Names(const std::map<std::string, std::string>& cgroups) {
  std::vector<std::string> lines;
  for (const CgroupHierarchy& one : Hierarchies(cgroups)) {
    lines.push_back(one.name + (one.aliases.empty() ? "" : "<-" + Join(one.aliases, "+")));
  }
  return Join(lines, " ");
}

BOOST_AUTO_TEST_SUITE(apply_cgroup_mounts)

BOOST_AUTO_TEST_CASE(controllers_of_one_hierarchy_share_a_directory_and_keep_their_names) {
  BOOST_TEST(Names({{"cpu", "/c/x"}, {"cpuacct", "/c/x"}, {"memory", "/m/x"}}) ==
             "cpu,cpuacct<-cpu+cpuacct memory");
}

BOOST_AUTO_TEST_CASE(cgroup2_and_named_hierarchies_have_their_usual_places) {
  BOOST_TEST(Names({{"", "/u"}, {"name=systemd", "/s"}}) == "unified systemd");
  BOOST_TEST(IsUnified({{"", "/u"}}));
  BOOST_TEST(!IsUnified({{"", "/u"}, {"pids", "/p"}}));
  BOOST_TEST(!IsUnified({{"pids", "/p"}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::apply
