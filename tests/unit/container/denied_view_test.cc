// What the deny rules make of the view of `do`.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "container/host_view.h"

namespace agentbox::container {
namespace {

using policy::MountMode;

HostSurvey Laptop() {
  HostSurvey survey;
  survey.mounts = {{"/", "ext4"}, {"/home", "ext4"}, {"/run", "tmpfs"}};
  survey.cwd = "/home/ann/project";
  survey.hidden = {"/home/ann/.docker", "/home/ann/.netrc", "/home/ann/.ssh"};
  survey.temporary = {"/tmp"};
  survey.own = {"/home/ann"};
  survey.denied = {{"/home/ann/.ssh", "r1"}, {"/home/ann/project/.env", "r2"}};
  return survey;
}

// Of a view: what is denied, then what each layer hides.
std::string TextOf(const Result<HostView>& view) {
  if (!view) return view.error().ToString();
  std::vector<std::string> lines;
  for (const plan::DeniedPath& path : view->denied) {
    lines.push_back((path.is_covered ? "covered " : "absent ") + path.mount + " " + path.path +
                    " [" + path.origin + "]");
  }
  for (const plan::MountStep& step : view->mounts) {
    const auto* const layer = std::get_if<plan::ThrowawayMount>(&step.what);
    if (layer != nullptr) lines.push_back(step.destination + " -" + Join(layer->hidden, " -"));
  }
  if (!view->hidden.empty()) lines.push_back("/ -" + Join(view->hidden, " -"));
  for (const plan::MaskedPath& masked : view->masked)
    lines.push_back("masked " + masked.path);
  for (const std::string& note : view->notes)
    lines.push_back("note " + note);
  return Join(lines, "\n");
}

std::string ViewOf(const HostSurvey& survey, MountMode workspace = MountMode::kThrowaway) {
  return TextOf(PlanHostView(survey, workspace));
}

BOOST_AUTO_TEST_SUITE(denied_view)

BOOST_AUTO_TEST_CASE(in_a_layer_it_is_not_there) {
  BOOST_TEST(ViewOf(Laptop()) ==
             "absent /home ann/.ssh [r1]\n"
             "absent /home ann/project/.env [r2]\n"
             "/home -ann/.docker -ann/.netrc -ann/.ssh -ann/project/.env");
}

BOOST_AUTO_TEST_CASE(on_the_root_it_is_not_there) {
  HostSurvey survey = Laptop();
  survey.mounts = {{"/", "ext4"}};
  survey.hidden.clear();
  survey.denied = {{"/srv/x.key", "r"}};
  BOOST_TEST(ViewOf(survey) == "absent / srv/x.key [r]\n/ -srv/x.key");
}

BOOST_AUTO_TEST_CASE(written_through_it_is_covered) {
  BOOST_TEST(ViewOf(Laptop(), MountMode::kDirect) ==
             "absent /home ann/.ssh [r1]\n"
             "covered /home/ann/project .env [r2]\n"
             "/home -ann/.docker -ann/.netrc -ann/.ssh");
}

BOOST_AUTO_TEST_CASE(what_is_to_be_shown_stays_denied) {
  HostSurvey survey = Laptop();
  survey.shown = {"/home/ann/.netrc", "/home/ann/.ssh", "/home/ann/.ssh/known_hosts"};
  const std::string view = ViewOf(survey);
  BOOST_TEST(view.find("/home -ann/.docker -ann/.ssh -ann/project/.env\n") != std::string::npos,
             view);
  BOOST_TEST(view.find("note not shown: /home/ann/.ssh/known_hosts: it is denied (r1)") !=
             std::string::npos);
}

// Below what do.hide takes away there is nothing to hide; in what do.show brings back there is.
BOOST_AUTO_TEST_CASE(below_a_hidden_directory_only_what_is_shown_counts) {
  HostSurvey survey = Laptop();
  survey.denied = {{"/home/ann/.docker/config.json", "r"}};
  BOOST_TEST(ViewOf(survey) == "/home -ann/.docker -ann/.netrc -ann/.ssh");
  survey.hidden = {"/home/ann/.docker"};
  survey.shown = {"/home/ann/.docker"};
  BOOST_TEST(ViewOf(survey) ==
             "absent /home ann/.docker/config.json [r]\n/home -ann/.docker/config.json");
  survey.hidden = {"/home/ann/hidden"};
  survey.shown = {"/home/ann/hidden/part"};
  survey.denied = {{"/home/ann/hidden/other.key", "r"}, {"/home/ann/hidden/part/x.key", "r"}};
  BOOST_TEST(ViewOf(survey) == "covered /home/ann/hidden/part x.key [r]\n/home -ann/hidden");
}

BOOST_AUTO_TEST_CASE(what_begins_empty_or_new_has_nothing_denied) {
  HostSurvey survey = Laptop();
  survey.hidden.clear();
  survey.denied = {{"/run/x.key", "r"}, {"/tmp/x.key", "r"}};
  BOOST_TEST(ViewOf(survey) == "/home -");
}

BOOST_AUTO_TEST_CASE(a_denied_working_directory_is_refused) {
  HostSurvey survey = Laptop();
  survey.cwd = "/home/ann/.ssh/sub";
  survey.shown = {"/home/ann/.ssh"};
  BOOST_TEST(ViewOf(survey) ==
             "the policy denies the working directory \"/home/ann/.ssh/sub\" (r1)");
}

BOOST_AUTO_TEST_CASE(a_user_has_it_covered_where_there_is_no_layer) {
  HostSurvey survey = Laptop();
  survey.denied.push_back({"/srv/x.key", "r3"});
  BOOST_TEST(TextOf(PlanUserView(survey, MountMode::kThrowaway)) ==
             "absent /home/ann .ssh [r1]\n"
             "absent /home/ann project/.env [r2]\n"
             "covered / srv/x.key [r3]\n"
             "/home/ann -.docker -.netrc -.ssh -project/.env");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
