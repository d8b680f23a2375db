#include "plan/rootfs.h"

#include <sys/mount.h>

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

Result<RootfsPlan> Planned(const std::string& path, const std::string& propagation = {}) {
  spec::Config config;
  config.root = spec::Root{.path = path, .readonly = true};
  config.linux_ = spec::Linux{};
  config.linux_->rootfs_propagation = propagation;
  return PlanRootfs(config, {}, "/bundle", "id");
}

BOOST_AUTO_TEST_SUITE(plan_rootfs)

BOOST_AUTO_TEST_CASE(a_path_of_the_bundle_must_stay_in_it) {
  BOOST_TEST(Planned("rootfs")->path == "/bundle/rootfs");
  BOOST_TEST(Planned("rootfs")->bundle == "/bundle");
}

BOOST_AUTO_TEST_CASE(an_engine_may_have_its_root_file_systems_elsewhere) {
  BOOST_TEST(Planned("/merged")->path == "/merged");
  BOOST_TEST(Planned("/merged")->bundle.empty());
  BOOST_TEST(Planned("../other")->path == "/other");
  BOOST_TEST(Planned("../other")->bundle.empty());
}

BOOST_AUTO_TEST_CASE(propagation_is_one_of_the_kernels) {
  BOOST_TEST(Planned("rootfs", "rslave")->propagation == std::uint64_t{MS_SLAVE | MS_REC});
  BOOST_TEST(Planned("rootfs", "open").error().ToString() ==
             "linux.rootfsPropagation: \"open\" is not one of shared, slave, private, unbindable");
}

BOOST_AUTO_TEST_CASE(a_root_is_needed) {
  BOOST_TEST(PlanRootfs({}, {}, "/b", "id").error().ToString() == "root.path: expected a path");
}

BOOST_AUTO_TEST_CASE(a_build_keeps_what_it_writes) {
  spec::Config config;
  config.root = spec::Root{.path = "/m"};
  const auto shown = [&config](const std::string& bundle, const std::string& id) {
    return ToString(*PlanRootfs(config, {}, bundle, id));
  };
  BOOST_TEST(shown("/var/tmp/buildah12", "buildah-buildah12") ==
             "/m: engine (a build keeps what it writes)");
  BOOST_TEST(shown("/var/tmp/buildah12", "buildah-buildah1") == "/m: throwaway");
  BOOST_TEST(shown("/run/b", "buildah-b") == "/m: throwaway");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
