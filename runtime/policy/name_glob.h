// One name of a path against one glob: "*.pem", "id_rsa*", "[Cc]onfig?". Pure.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::policy {

// `*` is any number of bytes, `?` one, `[a-z]` one of these, `[!a-z]` and `[^a-z]` one of the
// others; a backslash takes the meaning from what follows it. Letters of ASCII match in either case
// (file systems are there that do not tell them apart). Matching takes at most the product of both
// lengths: a later `*` never makes an earlier one look again.
class NameGlob {
 public:
  // kInvalidSpec for a `[` that nothing closes, an empty or reversed range, a class ("[[:alpha:]]")
  // and a backslash at the end.
  static Result<NameGlob> Make(std::string_view glob);

  bool Matches(std::string_view name) const;

 private:
  enum class Kind : std::uint8_t { kByte, kAny, kSet, kStar };
  struct Token {
    Kind kind = Kind::kByte;
    unsigned char byte = 0;  // in lower case
    std::size_t set = 0;     // index in sets_
  };
  using Set = std::bitset<256>;

  Result<void> AddSet(std::string_view glob, std::size_t& at);
  bool MatchesOne(const Token& token, char c) const;

  std::vector<Token> tokens_;
  std::vector<Set> sets_;
};

}  // namespace agentbox::policy
