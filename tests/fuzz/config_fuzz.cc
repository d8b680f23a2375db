// Feeds damaged configs to everything that reads text from outside: the JSON parser, the readers of
// runtime-spec and of the policy, and the planner. Each iteration is made from its number alone, so
// that a failure can be had again.
//
//   config_fuzz DIRECTORY FIRST COUNT LAST_INPUT
//
// DIRECTORY holds the undamaged *.config.json. The input of the iteration under way is in the file
// LAST_INPUT, for whatever ends the program. It exits with 1 where a rule below is broken.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "base/strings.h"
#include "json/reader.h"
#include "json/writer.h"
#include "kernel/file.h"
#include "plan/sandbox_plan.h"
#include "policy/deny.h"
#include "policy/policy.h"
#include "spec/read_config.h"

namespace agentbox {
namespace {

using Random = std::mt19937_64;

std::size_t Below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : random() % limit;
}

// What a value or a key may be replaced by. The rest may stay a config.
constexpr std::string_view kValues[] = {
    "null",
    "true",
    "false",
    "0",
    "-1",
    "-0",
    "1e3",
    "1.0",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "\"\"",
    "\"0\"",
    "[]",
    "{}",
    "[[]]",
    "{\"\":\"\"}",
    "\"\\u001b[31m\\n\"",
    "\"/\\u001b]0;x\\u0007\"",
    "\"../..\"",
    "\"/\"",
    "\"a b\"",
    "\"/proc/self/exe\"",
    "\"Ã¤\"",
    "\"user\"",
    "\"network\"",
    "\"path\"",
    "\"type\"",
    "\"options\"",
    "\"idmap\"",
    "\"rbind\"",
    "\"tmpfs\"",
    "\"SCMP_ACT_NOTIFY\"",
    "\"dev.agentbox.profile\"",
    "\"a:b:c\"",
    "\"1\\n2\"",
};

// What no config survives.
constexpr std::string_view kPieces[] = {
    ",",
    ":",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\xff\"",
    "\n",
};

// Where values and keys begin: at quotes, digits, brackets.
std::size_t TokenStart(Random& random, const std::string& text) {
  const std::size_t start = Below(random, text.size());
  const std::size_t found = text.find_first_of("\"[{0123456789tfn", start);
  return found == std::string::npos ? start : found;
}

std::size_t TokenEnd(const std::string& text, std::size_t start) {
  if (start < text.size() && text[start] == '"') {
    const std::size_t end = text.find('"', start + 1);
    return end == std::string::npos ? text.size() : end + 1;
  }
  const std::size_t end = text.find_first_of(",]}\n \"", start + 1);
  return end == std::string::npos ? text.size() : end;
}

void Damage(Random& random, std::string& text, const std::vector<std::string>& inputs) {
  const std::size_t start = TokenStart(random, text);
  const std::size_t size = TokenEnd(text, start) - start;
  switch (random() % 16) {
    case 0:  // one bit
      if (!text.empty()) {
        text[start % text.size()] =
            static_cast<char>(text[start % text.size()] ^ 1 << random() % 8);
      }
      break;
    case 1:  // a piece away
      text.erase(start, Below(random, 40));
      break;
    case 2:  // cut off
      text.resize(std::max<std::size_t>(start, 1));
      break;
    case 3:  // a piece twice: also duplicate keys
      text.insert(start, text.substr(start, Below(random, 400)));
      break;
    case 4: {  // a piece of another config
      const std::string& other = inputs[Below(random, inputs.size())];
      text.insert(start, other.substr(Below(random, other.size()), Below(random, 200)));
      break;
    }
    case 5:  // nesting
      text.insert(start, std::string(Below(random, 200), random() % 2 == 0 ? '[' : '{'));
      break;
    case 6:
      text.replace(std::min(start, text.size()), size, kPieces[Below(random, std::size(kPieces))]);
      break;
    default:  // another value
      text.replace(std::min(start, text.size()), size, kValues[Below(random, std::size(kValues))]);
      break;
  }
}

std::string Damaged(std::uint64_t iteration, const std::vector<std::string>& inputs) {
  Random random(iteration);
  std::string text = inputs[Below(random, inputs.size())];
  for (std::uint64_t times = 1 + random() % 3; times > 0; --times)
    Damage(random, text, inputs);
  return text;
}

// ---- What must hold whatever is read ----

bool IsPlain(std::string_view text, bool may_have_lines) {
  return std::ranges::all_of(text, [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || (may_have_lines && c == '\n');
  });
}

bool Complain(const std::string& rule, const std::string& text) {
  std::fprintf(stderr, "config_fuzz: %s: %s\n", rule.c_str(), Quoted(text).c_str());
  return false;
}

// Errors are the input's fault, in one line of text that a terminal may be given.
template <typename T>
bool IsGoodError(const Result<T>& result) {
  if (result) return true;
  const std::string message = result.error().ToString();
  switch (result.error().Kind()) {
    case ErrorKind::kInvalidSpec:
    case ErrorKind::kRefused:
    case ErrorKind::kUnsupported:
      break;
    case ErrorKind::kUsage:
    case ErrorKind::kNotFound:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kWrongState:
    case ErrorKind::kSystem:
    case ErrorKind::kInternal:
      return Complain("an error of the wrong kind", message);
  }
  if (message.empty()) return Complain("an error without a message", message);
  return IsPlain(message, /*may_have_lines=*/false) || Complain("control characters", message);
}

bool HoldsForStrings(const json::Value& value) {
  if (value.type == json::Type::kString) {
    const auto again = json::Parse(json::QuoteJson(value.text));
    if (!again || again->text != value.text) return Complain("not written as read", value.text);
  }
  return std::ranges::all_of(value.items, HoldsForStrings);
}

bool HoldsForPlan(const spec::Config& config) {
  const auto policy = policy::ApplyAnnotations(policy::DefaultPolicy(), config.annotations);
  if (!IsGoodError(policy)) return false;
  if (!policy) return true;
  for (const plan::CgroupMode mode :
       {plan::CgroupMode::kV1, plan::CgroupMode::kHybrid, plan::CgroupMode::kV2}) {
    const plan::HostFacts facts = {.architecture = "x86_64", .cgroup_mode = mode};
    const plan::PlanRequest request = {
        .id = "c1", .bundle = "/bundle", .scratch_directory = "/scratch"};
    const auto plan = plan::MakePlan(config, *policy, facts, request);
    if (!IsGoodError(plan)) return false;
    if (!plan) continue;
    const std::string text = plan::ToString(*plan);
    if (!IsPlain(text, /*may_have_lines=*/true)) return Complain("control characters", text);
  }
  return true;
}

// Any text may be a project's own policy file, be in a rule, or be the path that it is about.
bool HoldsForRules(const std::string& text) {
  static_cast<void>(policy::HasToken(text));
  const auto rules =
      policy::DenyRules::Make({text.substr(text.size() / 2, 60)}, policy::DenyRoot::kWorkspace);
  if (rules) static_cast<void>(rules->Denying(text, /*is_directory=*/true));
  return IsGoodError(rules) && IsGoodError(policy::ReadProjectRules(text));
}

bool Holds(const std::string& text) {
  if (!HoldsForRules(text)) return false;
  const auto value = json::Parse(text);
  if (!IsGoodError(value) || (value && !HoldsForStrings(*value))) return false;
  if (!IsGoodError(spec::ReadProcess(text, "p.json")) || !IsGoodError(spec::ReadResources(text)) ||
      !IsGoodError(policy::ReadPolicy(policy::DefaultPolicy(), text, "policy.json"))) {
    return false;
  }
  const auto config = spec::ReadConfig(text);
  return IsGoodError(config) && (!config || HoldsForPlan(*config));
}

// ---- The program ----

Result<std::vector<std::string>> ReadInputs(const std::string& path) {
  const UniqueFd directory = TRY(kernel::Open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  std::vector<std::string> names = TRY(kernel::ListDirectory(directory.Get()));
  std::ranges::sort(names);
  std::vector<std::string> inputs;
  for (const std::string& name : names) {
    if (!name.ends_with(".json")) continue;
    inputs.push_back(TRY(kernel::ReadFile(directory.Get(), name)));
  }
  return inputs;
}

Result<bool> RunAll(std::uint64_t first, std::uint64_t count, char** paths) {
  const std::vector<std::string> inputs = TRY(ReadInputs(paths[0]));
  if (inputs.empty()) return Fail(Error(ErrorKind::kNotFound, "no inputs"));
  const UniqueFd last = TRY(kernel::Open(AT_FDCWD, paths[1], O_RDWR | O_CREAT | O_TRUNC, 0644));
  std::uint64_t accepted = 0;
  for (std::uint64_t i = first; i < first + count; ++i) {
    const std::string text = Damaged(i, inputs);
    const bool is_kept =
        ::ftruncate(last.Get(), 0) == 0 && ::pwrite(last.Get(), text.data(), text.size(), 0) >= 0;
    if (!is_kept) return Fail(Error::FromErrno().Within(paths[1]));
    if (!Holds(text)) {
      std::fprintf(stderr, "config_fuzz: iteration %llu\n", static_cast<unsigned long long>(i));
      return false;
    }
    if (spec::ReadConfig(text)) ++accepted;
  }
  std::printf("%llu inputs, %llu of them still configs\n",
              static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(accepted));
  // Damage that no config survives would test the first check alone.
  return accepted > count / 100 || count < 1000;
}

}  // namespace
}  // namespace agentbox

int main(int argc, char** argv) {
  using namespace agentbox;  // NOLINT(google-build-using-namespace)
  const auto first = argc == 5 ? ParseNumber<std::uint64_t>(argv[2]) : std::nullopt;
  const auto count = argc == 5 ? ParseNumber<std::uint64_t>(argv[3]) : std::nullopt;
  if (!first || !count) {
    std::fputs("usage: config_fuzz DIRECTORY FIRST COUNT LAST_INPUT\n", stderr);
    return 2;
  }
  char* paths[] = {argv[1], argv[4]};
  const auto result = RunAll(*first, *count, paths);
  if (!result) std::fprintf(stderr, "config_fuzz: %s\n", result.error().ToString().c_str());
  return result && *result ? 0 : 1;
}
