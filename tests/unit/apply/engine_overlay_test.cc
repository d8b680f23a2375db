#include "apply/engine_overlay.h"

#include <boost/test/unit_test.hpp>

#include "base/strings.h"

namespace agentbox::apply {
namespace {

std::string Layers(std::string_view options) {
  const EngineOverlay overlay = ReadEngineOverlay(options);
  std::string text = Join(overlay.lower, " ") + " | " + Join(overlay.data, " ") + " | " +
                     overlay.upper + " | " + overlay.work;
  for (const auto& [key, value] : overlay.options)
    text += " " + key + "=" + value;
  return text;
}

BOOST_AUTO_TEST_SUITE(apply_engine_overlay)

BOOST_AUTO_TEST_CASE(docker_has_one_lowerdir_with_colons) {
  BOOST_TEST(Layers("rw,lowerdir=/d/l/A:/d/l/B,upperdir=/d/c/diff,workdir=/d/c/work,index=off,xino="
                    "off,uuid=on,fsync=volatile") == "/d/l/A /d/l/B |  | /d/c/diff | /d/c/work");
}

BOOST_AUTO_TEST_CASE(what_a_directory_is_named_does_not_matter) {
  BOOST_TEST(Layers("rw,lowerdir=/a\\:b:/c\\\\d,upperdir=/u,with,commas,workdir=/w") ==
             "/a:b /c\\d |  | /u,with,commas | /w");
}

BOOST_AUTO_TEST_CASE(layers_that_were_added_one_by_one_are_listed_so) {
  BOOST_TEST(Layers("ro,lowerdir+=/a:b,lowerdir+=/c,datadir+=/d,metacopy=on,redirect_dir=on") ==
             "/a:b /c | /d |  |  metacopy=on redirect_dir=on");
  BOOST_TEST(Layers("ro,lowerdir=/a:/b::/c::/d,userxattr") == "/a /b | /c /d |  |  userxattr=");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::apply
