#include "cli/command.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

constexpr std::array kCommands = {
    &kDo,      &kChanges,   &kDiff,   &kApply,  &kDiscard,    &kReset, &kCreate,  &kStart,
    &kRun,     &kExec,      &kKill,   &kDelete, &kState,      &kList,  &kPs,      &kPause,
    &kResume,  &kUpdate,    &kEvents, &kSpec,   &kFeatures,   &kPlan,  &kSeccomp, &kTemplate,
    &kInstall, &kUninstall, &kDoctor, &kGc,     &kCompletion,
};

constexpr std::array kGlobalOptions = {
    Option{"root", 0, "DIR", "directory of the containers' state, on a tmpfs"},
    Option{"log", 0, "FILE", "append messages to FILE too"},
    Option{"log-format", 0, "text|json", "how messages in the log are written"},
    Option{"debug", 0, "", "log each step"},
    Option{"systemd-cgroup", 0, "", "make cgroups by systemd: as --cgroup-manager systemd"},
    Option{
        "cgroup-manager", 0, "cgroupfs|systemd|disabled", "who makes cgroups (default: cgroupfs)"},
    Option{"rootless", 0, "[auto|true|false]", "accepted and ignored: found out at each start"},
    Option{"criu", 0, "FILE", "accepted and ignored: there is no checkpoint and restore"},
    Option{"policy", 0, "FILE", "policy, in place of /etc/agentbox/policy.json"},
    Option{"version", 'v', "", "print the version"},
};

constexpr Option kHelp = {"help", 'h', "", "print this help"};

// "-b, --bundle DIR", as wide as the options without a letter.
std::string Left(const Option& option) {
  std::string left = option.letter != 0 ? "-" + std::string(1, option.letter) + ", " : "    ";
  left += "--" + std::string(option.name);
  if (option.IsFlag()) return left;
  if (option.IsArgumentOptional()) {
    return left + "[=" + std::string(option.argument.substr(1));
  }
  return left + " " + std::string(option.argument);
}

std::string HelpOf(std::span<const Option> options) {
  std::size_t width = Left(kHelp).size();
  for (const Option& option : options)
    width = std::max(width, Left(option).size());
  const auto line = [width](const Option& option) {
    std::string left = Left(option);
    left.resize(width + 2, ' ');
    return "  " + left + std::string(option.help) + "\n";
  };
  std::string text;
  for (const Option& option : options)
    text += line(option);
  return text + line(kHelp);
}

bool IsOptional(std::string_view word) {
  return word.starts_with('[');
}
bool Repeats(std::string_view word) {
  return word.find("...") != std::string_view::npos;
}

std::string Name(const Command& command) {
  return std::string(command.name);
}

// One branch of the completion's case: the options of a command.
std::string Words(std::span<const Option> options) {
  std::string words = "--help";
  for (const Option& option : options)
    words += " --" + std::string(option.name);
  return words;
}

// Branches for the value after an option: its choices, files, or directories.
std::string ValueBranches(std::span<const Option> options) {
  std::string text;
  for (const Option& option : options) {
    std::string names = "--" + std::string(option.name);
    if (option.letter != 0) names += "|-" + std::string(1, option.letter);
    const auto choices = option.Choices();
    std::string action;
    if (option.IsFlag() || option.IsArgumentOptional()) continue;
    if (!choices.empty()) {
      action = "-W \"";
      for (const std::string_view choice : choices)
        action += std::string(choice) + " ";
      action.back() = '"';
    } else if (option.argument == "DIR") {
      action = "-d";
    } else if (option.argument == "FILE" || option.argument == "SOCKET") {
      action = "-f";
    } else {
      action = "-W \"\"";
    }
    text += "      " + names + ") COMPREPLY=($(compgen " + action + " -- \"$word\")); return ;;\n";
  }
  return text;
}

constexpr std::string_view kCompletionHead =
    R"(# bash completion for agentbox: made of its tables of commands.
_agentbox() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local command= root= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --root) root=${COMP_WORDS[i+1]}; ((i++)) ;;
      @WITH_VALUE@) ((i++)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
)";

constexpr std::string_view kCompletionTail = R"(  esac
}
complete -o filenames -F _agentbox agentbox
)";

std::string GlobalOptionsWithValue() {
  std::string names;
  for (const Option& option : kGlobalOptions) {
    if (option.IsFlag() || option.IsArgumentOptional() || option.name == "root") continue;
    names += (names.empty() ? "--" : "|--") + std::string(option.name);
  }
  return names;
}

std::string Case(std::string_view pattern,
                 std::span<const Option> options,
                 const std::string& otherwise) {
  std::string text = "    " + std::string(pattern) + ")\n";
  const std::string branches = ValueBranches(options);
  if (!branches.empty()) text += "      case $before in\n" + branches + "      esac\n";
  text += "      case $word in\n      -*) COMPREPLY=($(compgen -W \"" + Words(options) +
          "\" -- \"$word\")) ;;\n      *) " + otherwise + " ;;\n      esac ;;\n";
  return text;
}

}  // namespace

std::size_t Command::LeastWords() const {
  const auto all = Split(words, ' ');
  return words.empty() ? 0
                       : static_cast<std::size_t>(std::ranges::count_if(
                             all, [](std::string_view word) { return !IsOptional(word); }));
}

std::size_t Command::MostWords() const {
  if (words.empty()) return 0;
  const auto all = Split(words, ' ');
  return std::ranges::any_of(all, Repeats) ? SIZE_MAX : all.size();
}

std::span<const Command* const> Commands() {
  return kCommands;
}

std::span<const Option> GlobalOptions() {
  return kGlobalOptions;
}

Result<const Command*> FindCommand(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command* command : kCommands) {
    if (command->name == name) return command;
    names.push_back(command->name);
  }
  std::string message = "unknown command " + Quoted(name);
  if (const auto nearest = Nearest(name, names)) {
    message += ": did you mean " + std::string(*nearest) + "?";
  } else {
    message += "; agentbox --help lists them";
  }
  return Fail(Error(ErrorKind::kUsage, std::move(message)));
}

Result<void> CheckWords(const Command& command, const std::vector<std::string>& words) {
  const bool is_short = words.size() < command.LeastWords();
  if (!is_short && words.size() <= command.MostWords()) return {};
  std::string message = is_short ? "too few arguments" : "unexpected " + Quoted(words.back());
  message += ": usage: agentbox " + Name(command) + " [OPTION...]";
  if (!command.words.empty()) message += " " + std::string(command.words);
  return Fail(Error(ErrorKind::kUsage, std::move(message)));
}

std::string Help() {
  std::string text =
      "Usage: agentbox [OPTION...] COMMAND ...\n\n"
      "Runs containers of OCI bundles, each in a user namespace of its own, with writes to the\n"
      "root file system thrown away.\n\nCommands:\n";
  for (const Command* command : kCommands) {
    std::string name = Name(*command);
    name.resize(12, ' ');
    text += "  " + name + std::string(command->summary) + "\n";
  }
  return text + "\nOptions before the command:\n" + HelpOf(kGlobalOptions) +
         "\nagentbox COMMAND --help says what a command takes; agentbox(8) is the manual.\n";
}

std::string Help(const Command& command) {
  std::string usage = "agentbox " + Name(command);
  if (!command.options.empty()) usage += " [OPTION...]";
  if (!command.words.empty()) usage += " " + std::string(command.words);
  std::string summary(command.summary);
  summary.front() = static_cast<char>(summary.front() - 'a' + 'A');
  return "Usage: " + usage + "\n\n" + summary + ".\n\nOptions:\n" + HelpOf(command.options) +
         "\nExample:\n  " + std::string(command.example) + "\n";
}

std::string BashCompletion() {
  std::string text(kCompletionHead);
  constexpr std::string_view kMark = "@WITH_VALUE@";
  text.replace(text.find(kMark), kMark.size(), GlobalOptionsWithValue());
  std::string names;
  for (const Command* command : kCommands)
    names += Name(*command) + " ";
  text += Case("''", kGlobalOptions, "COMPREPLY=($(compgen -W \"" + names + "\" -- \"$word\"))");
  for (const Command* command : kCommands) {
    text += Case(command->name,
                 command->options,
                 command->TakesId()
                     ? "COMPREPLY=($(compgen -W \"$(agentbox ${root:+--root \"$root\"} list -q "
                       "2>/dev/null)\" -- \"$word\"))"
                     : "COMPREPLY=($(compgen -f -- \"$word\"))");
  }
  return text + std::string(kCompletionTail);
}

Result<void> Print(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!is_written || std::fflush(stdout) != 0) {
    return Fail(Error::FromErrno().Within("write(2) to standard output"));
  }
  return {};
}

}  // namespace agentbox::cli
