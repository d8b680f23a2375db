// `agentbox do` from the outside: on a tree of the test's own, as root and as users made for a
// case.
#pragma once

#include <string>
#include <vector>

#include "support/bundle.h"

namespace agentbox::test {

// Ends a name of this test's, so that nothing of the machine's is touched.
std::string Own(const std::string& name);

// A directory that is neither in /tmp, which begins empty in a sandbox, nor anyone's home.
class Tree {
 public:
  explicit Tree(const std::string& parent = "/srv");
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree();

  const std::string& Path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Where root's reviews are.
inline constexpr const char* kReviews = "/var/lib/agentbox/@reviews/";

// Discards the reviews of this process's sandboxes, once these have ended.
void DiscardReviews();

// The fixture of cases of `do`.
struct DoBox : NothingLeft {
  Tree tree;

  // agentbox do, without network and with nothing kept unless `options` say otherwise.
  std::vector<std::string> Command(const std::vector<std::string>& options,
                                   const std::vector<std::string>& command) const;

  Outcome Do(const std::vector<std::string>& command,
             const std::vector<std::string>& options = {},
             CommandOptions how = {}) const;
  Outcome Sh(const std::string& script,
             const std::vector<std::string>& options = {},
             const CommandOptions& how = {}) const;
  // Of a script that must succeed; without the last newline.
  std::string OutputOf(const std::string& script,
                       const std::vector<std::string>& options = {},
                       const CommandOptions& how = {}) const;
  std::vector<std::string> Shell(const std::string& script) const;
};

// A user of this machine, with a home, for one case.
class User {
 public:
  // `options` are useradd(8)'s: a system user (-r) has no subordinate ids.
  explicit User(const std::vector<std::string>& options = {});
  User(const User&) = delete;
  User& operator=(const User&) = delete;
  ~User();

  const std::string& Name() const { return name_; }
  std::string Home() const { return "/home/" + name_; }

  // As after a login: with the user's ids, groups and environment.
  Outcome Run(const std::string& script) const;

 private:
  std::string name_;
};

}  // namespace agentbox::test
