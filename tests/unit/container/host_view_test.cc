#include "container/host_view.h"

#include <sys/mount.h>

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"

namespace agentbox::container {
namespace {

using policy::MountMode;

HostSurvey Laptop() {
  HostSurvey survey;
  survey.mounts = {{"/sys", "sysfs"},
                   {"/proc", "proc"},
                   {"/", "ext4"},
                   {"/run", "tmpfs"},
                   {"/dev", "devtmpfs"},
                   {"/dev/shm", "tmpfs"},
                   {"/boot", "ext4"},
                   {"/boot/efi", "vfat"},
                   {"/home", "ext4"},
                   {"/mnt/nas", "nfs4"},
                   {"/run/user/1000", "tmpfs"}};
  survey.cwd = "/home/ann/project";
  survey.hidden = {"/home/ann/.ssh", "/etc/shadow", "/run/secret"};
  survey.temporary = {"/tmp", "/var/tmp"};
  return survey;
}

std::string Describe(const plan::MountStep& step) {
  std::string text = step.destination;
  if (const auto* layer = std::get_if<plan::ThrowawayMount>(&step.what)) {
    text += layer->kept_as.empty() ? ": throwaway " : ": " + layer->kept_as + " ";
    text += layer->source;
    for (const std::string& path : layer->hidden)
      text += " -" + path;
    for (const std::string& path : layer->emptied)
      text += " 0" + path;
  } else if (const auto* filesystem = std::get_if<plan::FilesystemMount>(&step.what)) {
    text += ": " + filesystem->type;
  } else if (const auto* bind = std::get_if<plan::BindMount>(&step.what)) {
    text += ": bind " + bind->source;
  }
  return (step.attributes.set & MOUNT_ATTR_RDONLY) != 0 ? text + " ro" : text;
}

// Everything of the view, one item a line.
std::string TextOf(const Result<HostView>& view) {
  if (!view) return view.error().ToString();
  std::vector<std::string> lines;
  for (const plan::MountStep& step : view->mounts)
    lines.push_back(Describe(step));
  for (const std::string& path : view->hidden)
    lines.push_back("hidden " + path);
  for (const std::string& path : view->emptied)
    lines.push_back("emptied " + path);
  for (const plan::MaskedPath& masked : view->masked)
    lines.push_back("masked " + masked.path);
  for (const std::string& note : view->notes)
    lines.push_back("note " + note);
  if (view->readonly) lines.emplace_back("readonly");
  return Join(lines, "\n");
}

std::string ViewOf(const HostSurvey& survey, MountMode workspace = MountMode::kThrowaway) {
  return TextOf(PlanHostView(survey, workspace));
}

std::string UserViewOf(const HostSurvey& survey, MountMode workspace = MountMode::kThrowaway) {
  return TextOf(PlanUserView(survey, workspace));
}

HostSurvey OfUser() {
  HostSurvey survey = Laptop();
  survey.own = {"/home/ann", "/home/ann/project"};
  return survey;
}

BOOST_AUTO_TEST_SUITE(host_view)

BOOST_AUTO_TEST_CASE(each_data_mount_has_a_layer_of_its_own_and_hides_its_own_secrets) {
  BOOST_TEST(ViewOf(Laptop()) ==
             "/home: throwaway /home -ann/.ssh\n"
             "hidden etc/shadow\n"
             "emptied tmp\n"
             "emptied var/tmp\n"
             "note left out: /boot (ext4), /boot/efi (vfat): nothing to run from there\n"
             "note left out: /mnt/nas (nfs4): another machine or process serves it");
}

BOOST_AUTO_TEST_CASE(for_review_the_layer_of_the_working_directory_is_kept_and_no_other) {
  BOOST_TEST(ViewOf(Laptop(), MountMode::kReview)
                 .starts_with("/home: throwaway /home -ann/.ssh\n"
                              "/home/ann/project: mount-0 /home/ann/project\n"
                              "hidden etc/shadow\n"));
  HostSurvey survey = Laptop();
  survey.cwd = "/home/ann";
  survey.mounts.push_back({"/home/ann/data", "ext4"});
  BOOST_TEST(ViewOf(survey, MountMode::kReview)
                 .starts_with("/home: throwaway /home\n"
                              "/home/ann: mount-1 /home/ann -.ssh\n"
                              "/home/ann/data: mount-0 /home/ann/data\n"));
  survey.cwd = "/home";
  BOOST_TEST(ViewOf(survey, MountMode::kReview)
                 .starts_with("/home: mount-0 /home -ann/.ssh\n"
                              "/home/ann/data: mount-1 /home/ann/data\n"));
  survey.cwd = "/";
  BOOST_TEST(ViewOf(survey, MountMode::kReview) == ViewOf(survey));
}

BOOST_AUTO_TEST_CASE(for_review_a_users_working_directory_has_a_layer_that_is_kept) {
  BOOST_TEST(UserViewOf(OfUser(), MountMode::kReview)
                 .starts_with("/home/ann: throwaway /home/ann -.ssh\n"
                              "/home/ann/project: mount-0 /home/ann/project\n"));
  HostSurvey survey = OfUser();
  survey.cwd = "/home/ann";
  survey.own = {"/home/ann", "/home/ann"};
  BOOST_TEST(UserViewOf(survey, MountMode::kReview)
                 .starts_with("/home/ann: mount-0 /home/ann -.ssh\n/tmp: tmpfs\n"));
}

BOOST_AUTO_TEST_CASE(direct_is_a_bind_in_which_secrets_are_masked) {
  HostSurvey survey = Laptop();
  survey.cwd = "/home/ann";
  const std::string view = ViewOf(survey, MountMode::kDirect);
  BOOST_TEST(view.starts_with("/home: throwaway /home\n/home/ann: bind /home/ann\n"));
  BOOST_TEST(view.find("masked /home/ann/.ssh") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(direct_tells_of_other_file_systems_which_are_not_written_to) {
  HostSurvey survey = Laptop();
  survey.mounts.push_back({"/home/ann/project/data", "xfs"});
  const std::string view = ViewOf(survey, MountMode::kDirect);
  BOOST_TEST(view.find("/home/ann/project/data: throwaway") != std::string::npos, view);
  BOOST_TEST(view.find("note another file system: what is written below /home/ann/project/data is "
                       "thrown away") != std::string::npos,
             view);
}

BOOST_AUTO_TEST_CASE(a_file_system_whose_ids_can_not_be_mapped_is_left_out_with_a_note) {
  HostSurvey survey = Laptop();
  survey.mounts.push_back({"/srv/ram", "ramfs", true, /*can_be_lower=*/false});
  BOOST_TEST(ViewOf(survey).ends_with(
      "note left out: /srv/ram (ramfs): its file system can not be idmapped"));
}

BOOST_AUTO_TEST_CASE(direct_is_refused_for_what_is_too_much_of_the_host) {
  HostSurvey survey = Laptop();
  for (const char* path : {"/", "/etc", "/home", "/usr", "/var", "/tmp"}) {
    survey.cwd = path;
    const auto view = PlanHostView(survey, MountMode::kDirect);
    BOOST_REQUIRE(!view);
    BOOST_TEST((view.error().Kind() == ErrorKind::kRefused), path);
  }
}

BOOST_AUTO_TEST_CASE(readonly_holds_for_the_working_directory_and_the_mounts_below_it) {
  HostSurvey survey = Laptop();
  survey.mounts.push_back({"/home/ann/project/data", "xfs"});
  const std::string view = ViewOf(survey, MountMode::kReadonly);
  BOOST_TEST(
      view.starts_with("/home: throwaway /home -ann/.ssh\n"
                       "/home/ann/project: throwaway /home/ann/project ro\n"
                       "/home/ann/project/data: throwaway /home/ann/project/data ro\n"));
  survey.cwd = "/";
  BOOST_TEST(ViewOf(survey, MountMode::kReadonly).ends_with("\nreadonly"));
}

BOOST_AUTO_TEST_CASE(a_working_directory_in_tmp_is_all_that_is_seen_of_tmp) {
  HostSurvey survey = Laptop();
  survey.cwd = "/tmp/build";
  survey.hidden = {"/tmp/build/.env", "/tmp/other/.env"};
  survey.mounts = {{"/", "ext4"}, {"/tmp", "tmpfs"}};
  BOOST_TEST(ViewOf(survey) ==
             "/tmp/build: throwaway /tmp/build -.env\n"
             "emptied tmp\n"
             "emptied var/tmp");
  survey.cwd = "/tmp";
  BOOST_TEST(ViewOf(survey) ==
             "/tmp: throwaway /tmp -build/.env -other/.env\n"
             "emptied var/tmp");
}

BOOST_AUTO_TEST_CASE(an_emptied_directory_of_a_mount_is_emptied_in_its_layer) {
  HostSurvey survey = Laptop();
  survey.mounts = {{"/", "ext4"}, {"/var", "xfs"}};
  survey.hidden.clear();
  BOOST_TEST(ViewOf(survey) == "/var: throwaway /var 0tmp\nemptied tmp");
}

BOOST_AUTO_TEST_CASE(a_covered_mount_and_one_below_a_hidden_path_are_not_there) {
  HostSurvey survey = Laptop();
  survey.mounts = {
      {"/", "ext4"}, {"/data/a", "xfs"}, {"/data", "xfs"}, {"/lib/x/merged", "overlay"}};
  survey.hidden = {"/lib/x"};
  survey.temporary.clear();
  BOOST_TEST(ViewOf(survey) == "/data: throwaway /data\nhidden lib/x");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_a_mount_is_bound_read_only) {
  HostSurvey survey = Laptop();
  survey.mounts = {{"/", "overlay"}, {"/etc/hosts", "ext4", /*is_directory=*/false}};
  survey.temporary.clear();
  BOOST_TEST(ViewOf(survey) ==
             "/etc/hosts: bind /etc/hosts ro\nhidden home/ann/.ssh\nhidden etc/shadow");
}

BOOST_AUTO_TEST_CASE(what_is_shown_wins_over_what_is_hidden) {
  HostSurvey survey = Laptop();
  survey.shown = {"/etc/shadow", "/home/ann/.ssh/known_hosts"};
  const std::string view = ViewOf(survey);
  BOOST_TEST(
      view.starts_with("/home: throwaway /home -ann/.ssh\n"
                       "/home/ann/.ssh/known_hosts: bind /home/ann/.ssh/known_hosts ro\n"
                       "emptied tmp"));
}

BOOST_AUTO_TEST_CASE(a_working_directory_that_can_not_be_shown_is_an_error) {
  HostSurvey survey = Laptop();
  survey.cwd = "/home/ann/.ssh";
  BOOST_TEST(ViewOf(survey) ==
             "the policy hides the working directory \"/home/ann/.ssh\" (do.hide); "
             "--show /home/ann/.ssh shows it");
  survey.cwd = "/proc/1";
  BOOST_TEST(ViewOf(survey).find("is the kernel's") != std::string::npos);
  survey.cwd = "/mnt/nas/x";
  survey.mounts.back() = {"/mnt/nas", "nfs4", true, /*can_be_lower=*/false};
  BOOST_TEST(ViewOf(survey) ==
             "the working directory \"/mnt/nas/x\" is on /mnt/nas (nfs4), over which no throwaway "
             "layer can be laid here");
}

BOOST_AUTO_TEST_CASE(a_network_mount_with_the_working_directory_is_shown) {
  HostSurvey survey = Laptop();
  survey.cwd = "/mnt/nas/x";
  BOOST_TEST(ViewOf(survey).find("/mnt/nas: throwaway /mnt/nas\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_user_has_a_layer_over_home_and_reads_the_rest) {
  BOOST_TEST(UserViewOf(OfUser()) ==
             "/home/ann: throwaway /home/ann -.ssh\n"
             "/tmp: tmpfs\n"
             "/var/tmp: tmpfs\n"
             "masked /etc/shadow\n"
             "readonly");
}

BOOST_AUTO_TEST_CASE(a_user_is_shown_what_is_asked_for_within_a_hidden_directory) {
  HostSurvey survey = OfUser();
  survey.shown = {"/home/ann/.ssh/known_hosts", "/etc/other"};
  BOOST_TEST(UserViewOf(survey).starts_with(
      "/home/ann: throwaway /home/ann -.ssh\n"
      "/home/ann/.ssh/known_hosts: bind /home/ann/.ssh/known_hosts ro\n"));
  survey.denied = {{"/home/ann/.ssh/known_hosts", "deny.files: *"}};
  BOOST_TEST(UserViewOf(survey).find("bind") == std::string::npos);
  BOOST_TEST(UserViewOf(survey).find(
                 "note not shown: /home/ann/.ssh/known_hosts: it is denied (deny.files: *)") !=
             std::string::npos);
}

// What is hidden in no layer is covered, and nothing can be mounted below the cover.
BOOST_AUTO_TEST_CASE(a_user_is_told_what_can_not_be_shown) {
  HostSurvey survey = OfUser();
  survey.hidden.emplace_back("/home/ann/project/sub");
  survey.shown = {"/home/ann/project/sub/deep"};
  const std::string view = UserViewOf(survey, MountMode::kDirect);
  BOOST_TEST(view.find("masked /home/ann/project/sub\n") != std::string::npos, view);
  BOOST_TEST(view.find("note not shown: /home/ann/project/sub/deep: without root, "
                       "/home/ann/project/sub can only be hidden, or shown, as a whole") !=
                 std::string::npos,
             view);
}

BOOST_AUTO_TEST_CASE(a_users_working_directory_has_a_layer_where_home_can_have_none) {
  HostSurvey survey = OfUser();
  survey.mounts.push_back({"/home/ann/remote", "fuse.sshfs"});
  const std::string view = UserViewOf(survey);
  BOOST_TEST(view.starts_with("/home/ann/project: throwaway /home/ann/project\n/tmp: tmpfs\n"));
  BOOST_TEST(view.find("masked /home/ann/.ssh") != std::string::npos);
  BOOST_TEST(view.find("note /home/ann can not be written to") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_user_writes_directly_or_not_at_all_where_asked_for) {
  BOOST_TEST(UserViewOf(OfUser(), MountMode::kDirect)
                 .starts_with("/home/ann: throwaway /home/ann -.ssh\n"
                              "/home/ann/project: bind /home/ann/project\n"));
  BOOST_TEST(UserViewOf(OfUser(), MountMode::kReadonly)
                 .starts_with("/home/ann: throwaway /home/ann -.ssh\n"
                              "/home/ann/project: throwaway /home/ann/project ro\n"));
}

BOOST_AUTO_TEST_CASE(a_users_working_directory_in_tmp_is_there) {
  HostSurvey survey = OfUser();
  survey.cwd = "/tmp/own";
  survey.own = {"/home/ann", "/tmp/own"};
  BOOST_TEST(UserViewOf(survey).find("/tmp: tmpfs\n/tmp/own: throwaway /tmp/own\n") !=
             std::string::npos);
  survey.cwd = "/tmp/others";
  survey.own = {"/home/ann"};
  BOOST_TEST(UserViewOf(survey).find("/tmp: tmpfs\n/tmp/others: bind /tmp/others ro\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
