// Feeds damaged configurations of engines to what registers the runtime in them. Each iteration is
// made from its number alone, so that a failure can be had again.
//
//   edits_fuzz FIRST COUNT
//
// It exits with 1 where a rule below is broken; sanitizers end it otherwise.
#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "engines/engine.h"

namespace agentbox {
namespace {

using Random = std::mt19937_64;

constexpr std::string_view kJsonSeeds[] = {
    "{\n  \"debug\": true,\n  \"runtimes\": {\n    \"kata\": { \"path\": \"/k\" }\n  }\n}\n",
    "{\"log-opts\":{\"max-size\":\"1m\"},\"hosts\":[\"unix:///a\",1e3,null,{\"a\":{}}]}",
    "{\r\n\t\"runtimes\": {\"agentbox\": {\"path\": \"/old\", \"runtimeArgs\": []}}\r\n}",
    "{}\n",
};

constexpr std::string_view kTomlSeeds[] = {
    "version = 2\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n    x = [1, 2.5, \"y\"]\n"
    "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n  runtime_type = \"z\"\n",
    "a.b = 'c' # d\r\n[engine]\r\nruntime = \"crun\"\r\n[engine.runtimes]\r\nkata = [\"/k\"]\r\n",
    "m = \"\"\"a\\\n  b\\u00e9\"\"\"\n[[l]]\nt = 1979-05-27 07:32:00Z\n[l.s]\ni = {j = {}, k.l = "
    "[]}\n",
    "[crio.runtime.runtimes.agentbox]\nruntime_path = \"/old\"\n[crio]\nlog = 1_000\n",
};

constexpr std::string_view kPieces[] = {
    "[",    "]",   "[[",   "]]",         "{",        "}",        "=",
    "\"",   "'",   "'''",  "\"\"\"",     ",",        ".",        ":",
    "\n",   "#",   "\\",   "\r\n",       "\\u00e9",  "\xff",     "\x7f",
    "null", "1.",  "0x",   "1979-05-27", "a = 1\n",  "[a]\n",    "true",
    " ",    "\t",  "e",    "[engine]\n", "agentbox", "runtimes", "\"a\": 1,",
    "-",    "inf", "07:3", "_",          "\\ud800",  "[[l]]\n",  "a.b = 2\n",
};

std::size_t Below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : random() % limit;
}

void Damage(Random& random, std::string& text) {
  const std::size_t at = Below(random, text.size() + 1);
  switch (random() % 4) {
    case 0:
      text.erase(at, 1 + Below(random, 8));
      break;
    case 1:
      text.insert(at, text.substr(Below(random, text.size()), Below(random, 40)));
      break;
    default:
      text.insert(at, kPieces[Below(random, std::size(kPieces))]);
      break;
  }
}

bool Complain(std::string_view rule, const engines::Engine& engine, const std::string& text) {
  std::fprintf(stderr,
               "edits_fuzz: %s: %s: %s\n",
               std::string(engine.name).c_str(),
               std::string(rule).c_str(),
               Quoted(text).c_str());
  return false;
}

bool IsGoodError(const Error& error) {
  const bool is_of_input =
      error.Kind() == ErrorKind::kInvalidSpec || error.Kind() == ErrorKind::kRefused;
  const std::string message = error.ToString();
  return is_of_input && std::ranges::none_of(message, [](char c) { return c >= 0 && c < 0x20; });
}

// Whether `longer` is `text` with something put in at one place.
bool IsInsertion(std::string_view text, std::string_view longer) {
  const auto head = std::ranges::mismatch(text, longer).in1 - text.begin();
  const std::string_view rest = text.substr(static_cast<std::size_t>(head));
  return longer.size() >= text.size() && longer.ends_with(rest);
}

std::string WithoutSpace(std::string text) {
  std::erase_if(text,
                [](char c) { return std::string_view(" \t\r\n").find(c) != std::string::npos; });
  return text;
}

// `is_valid` becomes true where the text is one of the engine's.
bool Holds(const engines::Engine& engine, const std::string& text, bool& is_valid) {
  const auto with = engine.add(text, "/new");
  const auto before = engine.remove(text);
  if (!with || !before) {
    if (!with && !IsGoodError(with.error())) return Complain("a bad error", engine, text);
    return before || IsGoodError(before.error()) || Complain("a bad error", engine, text);
  }
  is_valid = true;
  const auto twice = engine.add(*with, "/new");
  if (!twice || *twice != *with) return Complain("the second time is not the first", engine, text);
  const auto rest = engine.remove(*with);
  if (!rest) return Complain("can not be removed", engine, text);
  const auto again = engine.remove(*rest);
  if (!again || *again != *rest) return Complain("is not gone", engine, text);
  // The white space in an empty object goes, and null becomes an object.
  const bool is_json = engine.name == "docker";
  const bool is_new = *before == text && text.find_first_not_of(" \t\r\n") != std::string::npos &&
                      (!is_json || text.find("null") == std::string::npos);
  const bool is_kept =
      is_json ? IsInsertion(WithoutSpace(text), WithoutSpace(*with)) : IsInsertion(text, *with);
  return !is_new || is_kept || Complain("more was changed than added", engine, text);
}

bool RunOne(std::uint64_t iteration, std::uint64_t& valid) {
  Random random(iteration);
  const engines::Engine& engine = engines::Engines()[Below(random, engines::Engines().size())];
  std::string text(engine.name == "docker" ? kJsonSeeds[Below(random, std::size(kJsonSeeds))]
                                           : kTomlSeeds[Below(random, std::size(kTomlSeeds))]);
  for (std::uint64_t times = Below(random, 4); times > 0; --times)
    Damage(random, text);
  bool is_valid = false;
  const bool holds = Holds(engine, text, is_valid);
  valid += is_valid ? 1 : 0;
  return holds;
}

bool RunAll(std::uint64_t first, std::uint64_t count) {
  std::uint64_t valid = 0;
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (RunOne(i, valid)) continue;
    std::fprintf(stderr, "edits_fuzz: iteration %llu\n", static_cast<unsigned long long>(i));
    return false;
  }
  std::printf("%llu inputs, %llu of them valid\n",
              static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(valid));
  return valid > count / 10 || count < 1000;
}

}  // namespace
}  // namespace agentbox

int main(int argc, char** argv) {
  using namespace agentbox;  // NOLINT(google-build-using-namespace)
  const auto first = argc == 3 ? ParseNumber<std::uint64_t>(argv[1]) : std::nullopt;
  const auto count = argc == 3 ? ParseNumber<std::uint64_t>(argv[2]) : std::nullopt;
  if (!first || !count) {
    std::fputs("usage: edits_fuzz FIRST COUNT\n", stderr);
    return 2;
  }
  return RunAll(*first, *count) ? 0 : 1;
}
