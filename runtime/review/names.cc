#include <algorithm>
#include <array>
#include <string_view>

#include "base/strings.h"
#include "kernel/random.h"
#include "review/store.h"

namespace agentbox::review {
namespace {

constexpr std::size_t kLongestName = 64;

constexpr std::array<std::string_view, 40> kFirst = {
    "amber", "apt",   "bold",   "brave", "brisk", "calm",   "clever", "cosy",   "crisp",  "dapper",
    "eager", "early", "fair",   "fleet", "fond",  "fresh",  "gentle", "glad",   "golden", "happy",
    "hardy", "jolly", "keen",   "kind",  "light", "lively", "lucky",  "mellow", "neat",   "nimble",
    "noble", "plain", "polite", "quick", "quiet", "ready",  "silver", "sunny",  "swift",  "witty"};
constexpr std::array<std::string_view, 40> kSecond = {
    "badger", "beaver", "bison",   "crane",  "curlew", "deer",  "dingo",  "dove",
    "falcon", "ferret", "finch",   "fox",    "gecko",  "goose", "hare",   "heron",
    "ibex",   "jay",    "kestrel", "koala",  "lark",   "lemur", "lynx",   "marten",
    "mole",   "moose",  "newt",    "otter",  "owl",    "panda", "plover", "puffin",
    "quail",  "raven",  "robin",   "salmon", "seal",   "stork", "tapir",  "wren"};

bool IsOfNames(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '+' || c == '.' || c == '-';
}

}  // namespace

Result<std::string> MadeUpName() {
  const std::uint64_t number = TRY(kernel::RandomNumber());
  const std::string_view first = kFirst.at(number % kFirst.size());
  const std::string_view second = kSecond.at(number / kFirst.size() % kSecond.size());
  return std::string(first) + "-" + std::string(second);
}

Result<void> CheckName(const std::string& name) {
  const bool begins_well = !name.empty() && name.front() != '.' && name.front() != '-';
  if (begins_well && name.size() <= kLongestName && std::ranges::all_of(name, IsOfNames)) return {};
  return Fail(Error(ErrorKind::kUsage,
                    Quoted(name.substr(0, kLongestName)) +
                        " is no name of a review: expected 1 to 64 of A-Z a-z 0-9 _ + . -, the "
                        "first neither . nor -"));
}

}  // namespace agentbox::review
