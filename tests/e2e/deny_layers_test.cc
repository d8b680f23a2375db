// What the policy denies (agentbox-policy(5), DENY RULES) where writes do not go through: in layers
// over volumes and over the working directory of `agentbox do`; and what a review does with it.
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/do_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

Outcome Agentbox(const Strings& words) {
  Strings args = {AgentboxPath()};
  args.insert(args.end(), words.begin(), words.end());
  return RunCommand(args);
}

// A workspace with secrets: a file, a second name of it, one beside files that are shown, and a
// directory.
struct Workspace : DoBox {
  Workspace() { Make(); }
  // What a case leaves, when it fails, is not to be found by the next.
  ~Workspace() { DiscardReviews(); }

  void Make() {
    fs::remove_all(work);
    for (const char* name : {".env", "sub/TLS.KEY", "data.key/id"})
      Write(name, "secret");
    for (const char* name : {".env.example", "sub/file"})
      Write(name, "public");
    fs::create_hard_link(work + "/.env", work + "/sub/other-name");
    fs::create_symlink("../.env", work + "/sub/link");
    secrets = Secrets();
  }

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(work + "/" + name).parent_path());
    WriteFile(work + "/" + name, text);
  }

  // Each file that has the secret: its name, which file it is, and its bytes.
  std::string Secrets() const {
    const Outcome outcome = RunCommand({"sh",
                                        "-c",
                                        "grep -rl secret . | sort | while read f; do "
                                        "stat -c '%n %i %h %a %u %g %z' $f; od -c $f; done"},
                                       {.directory = tree.Path()});
    return outcome.output;
  }

  std::string work = tree / "work";
  std::string secrets;
};

// What runs a script in the workspace.
enum class Sandbox { kVolume, kDo };
constexpr Sandbox kSandboxes[] = {Sandbox::kVolume, Sandbox::kDo};

std::ostream& operator<<(std::ostream& stream, Sandbox sandbox) {
  return stream << (sandbox == Sandbox::kVolume ? "volume" : "do");
}

struct Layered : Workspace {
  Layered() { AddVolume("/work", work); }

  void AddVolume(const std::string& destination, const std::string& source) {
    bundle.Volume(destination, source);
    destinations.push_back(destination);
  }

  Outcome Run(Sandbox sandbox, const std::string& mode, const std::string& script) {
    if (sandbox == Sandbox::kDo) {
      review = NewId();
      return RunCommand({AgentboxPath(),
                         "do",
                         "-q",
                         "--network",
                         "none",
                         "--name",
                         review,
                         "--" + mode,
                         "-C",
                         work,
                         "--",
                         "sh",
                         "-c",
                         script});
    }
    review = bundle.Id();
    for (const std::string& destination : destinations)
      bundle.config["annotations"]["dev.agentbox.mount." + destination] = mode;
    return bundle.Run({"/bin/sh", "-c", "cd /work; " + script});
  }

  // Of a script that succeeds; without the last newline.
  std::string Out(Sandbox sandbox, const std::string& mode, const std::string& script) {
    const Outcome outcome = Run(sandbox, mode, script);
    BOOST_TEST(outcome.status == 0, outcome.errors);
    return Chomp(outcome.output);
  }

  // With or without an option, of the last review.
  Outcome Diff(const std::string& option = "--no-pager") const {
    return Agentbox({"diff", option, review});
  }

  Bundle bundle;
  Strings destinations;
  std::string review;  // the last one's name
};

BOOST_FIXTURE_TEST_SUITE(deny_layers, Layered)

// By its name, by others, by "..", by a bind of what is above it, and when what is above it has
// been renamed.
BOOST_AUTO_TEST_CASE(what_is_denied_is_not_there) {
  AddVolume("/again", tree.Path());
  const std::string script =
      "find . ! -type d | sort; "
      "for name in .env sub/TLS.KEY sub/other-name sub/link sub/../.env data.key data.key/id "
      "../work/.env; do cat $name 2>&1 | grep -q 'No such file' || echo $name; done; "
      "grep -rs secret . /again; mv sub moved && ls moved && cat moved/TLS.KEY 2>/dev/null; "
      "grep -rs secret .; true";
  for (const Sandbox sandbox : kSandboxes) {
    for (const char* const mode : {"throwaway", "review"}) {
      BOOST_TEST_CONTEXT(sandbox << ", " << mode) {
        BOOST_TEST(Out(sandbox, mode, script) ==
                   "./.env.example\n./sub/file\n./sub/link\nfile\nlink");
        BOOST_TEST(Secrets() == secrets);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_of_that_name_can_be_made_and_is_the_commands_own) {
  const std::string script =
      "echo mine > .env; mkdir data.key; echo mine > sub/TLS.KEY; cat .env sub/link sub/TLS.KEY; "
      "ls -A data.key sub; rm .env; ! test -e .env";
  for (const Sandbox sandbox : kSandboxes) {
    for (const char* const mode : {"throwaway", "review"}) {
      BOOST_TEST_CONTEXT(sandbox << ", " << mode) {
        BOOST_TEST(Out(sandbox, mode, script) ==
                   "mine\nmine\nmine\ndata.key:\n\nsub:\nTLS.KEY\nfile\nlink");
        BOOST_TEST(Secrets() == secrets);
      }
    }
  }
}

// What becomes of the directory that it is in, and what `diff` says of that: nothing of what is
// denied, unless there is something else by that name.
struct Attack {
  const char* script;
  const char* diff;
};

constexpr Attack kAttacks[] = {
    {"rm -r sub", "D  sub/\nD  sub/file\nD  sub/link\n"},
    {"mv sub moved",
     "A  moved/  (from sub)\nA  moved/file\nA  moved/link  (symlink)\n"
     "D  sub/\nD  sub/file\nD  sub/link\n"},
    {"rm -r sub; mkdir sub; echo x > sub/file", "M  sub/file\nD  sub/link\n"},
    {"rm -r sub; echo file > sub", "T  sub  (directory to file)\nD  sub/file\nD  sub/link\n"},
    {"rm -r sub; ln -s data.key sub", "T  sub  (directory to symlink)\nD  sub/file\nD  sub/link\n"},
    {"rm -r sub; mkdir -p new/TLS.KEY; echo x > new/TLS.KEY/x; mv new sub",
     "T  sub/TLS.KEY/  (file to directory, hidden from the sandbox)\n"
     "A  sub/TLS.KEY/x  (hidden from the sandbox)\nD  sub/file\nD  sub/link\n"},
};

BOOST_AUTO_TEST_CASE(a_review_leaves_it_as_it_is_whatever_becomes_of_what_is_above_it) {
  for (const Sandbox sandbox : kSandboxes) {
    for (const Attack& attack : kAttacks) {
      BOOST_TEST_CONTEXT(sandbox << ": " << attack.script) {
        Make();
        Out(sandbox, "review", attack.script);
        BOOST_TEST(Diff().output == attack.diff);
        Agentbox({"apply", "--force", review});
        BOOST_TEST(Secrets() == secrets);
        // A directory whose place another kind of file is to take stays whole.
        const bool is_to_be_replaced = std::string_view(attack.diff).starts_with("T  sub  ");
        BOOST_TEST((ReadFile(work + "/sub/file") == "public") == is_to_be_replaced);
        Agentbox({"discard", review});
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_sandbox_puts_in_its_place_is_told_and_not_applied) {
  for (const Sandbox sandbox : kSandboxes) {
    BOOST_TEST_CONTEXT(sandbox) {
      Out(sandbox,
          "review",
          "echo mine > .env; mkdir data.key; echo mine > data.key/id; echo mine > data.key/new; "
          "ln sub/file sub/other-name; echo mine > new");
      const std::string lines =
          "M  .env  (contents, hidden from the sandbox)\n"
          "M  data.key/id  (contents, hidden from the sandbox)\n"
          "A  data.key/new  (hidden from the sandbox)\n"
          "A  new\n"
          "M  sub/other-name  (contents, same file as sub/file, hidden from the sandbox)\n";
      BOOST_TEST(Diff().output == lines);
      for (const char* const option : {"--patch", "--json", "--stat"}) {
        const Outcome diff = Diff(option);
        BOOST_TEST(diff.output.find("data.key/new") != std::string::npos, diff.errors);
        BOOST_TEST(diff.output.find("secret") == std::string::npos, diff.output);
      }
      const Outcome applied = Agentbox({"apply", "--force", review});
      const std::string refused = " (the sandbox was not to see it)\n";
      BOOST_TEST(applied.output == "refused  .env" + refused + "refused  data.key/id" + refused +
                                       "refused  data.key/new" + refused +
                                       "refused  sub/other-name" + refused +
                                       "1 applied, 4 left out\n" + review +
                                       " stays: agentbox discard " + review + " removes it\n");
      BOOST_TEST(applied.status == 1);
      BOOST_TEST(Secrets() == secrets);
      BOOST_TEST(!Exists(work + "/data.key/new"));
      BOOST_TEST(Agentbox({"discard", review}).Succeeded());
      fs::remove(work + "/new");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
