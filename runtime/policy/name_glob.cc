#include "policy/name_glob.h"

#include <string>

namespace agentbox::policy {
namespace {

unsigned char Byte(char c) {
  return static_cast<unsigned char>(c);
}

unsigned char Lower(char c) {
  return Byte(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
}

unsigned char Upper(char c) {
  return Byte(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
}

Error Bad(const char* what) {
  return Error(ErrorKind::kInvalidSpec, what);
}

}  // namespace

Result<NameGlob> NameGlob::Make(std::string_view glob) {
  NameGlob made;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    char c = glob[at];
    if (c == '[') {
      TRY(made.AddSet(glob, at));
      continue;
    }
    Token token;
    if (c == '*') {
      token.kind = Kind::kStar;
      const bool is_repeated = !made.tokens_.empty() && made.tokens_.back().kind == Kind::kStar;
      if (is_repeated) continue;
    } else if (c == '?') {
      token.kind = Kind::kAny;
    } else {
      if (c == '\\' && ++at == glob.size()) return Fail(Bad("ends in a backslash"));
      c = glob[at];
      token.byte = Lower(c);
    }
    made.tokens_.push_back(token);
  }
  return made;
}

// `at` is the index of '[', and then that of the ']' that closes it.
Result<void> NameGlob::AddSet(std::string_view glob, std::size_t& at) {
  const std::size_t first = at + 1;
  std::size_t next = first;
  const bool is_negated = next < glob.size() && (glob[next] == '!' || glob[next] == '^');
  if (is_negated) ++next;
  const std::size_t begin = next;
  Set set;
  // A ']' that comes first stands for itself.
  for (; next < glob.size() && (glob[next] != ']' || next == begin); ++next) {
    if (glob.substr(next).starts_with("[:")) {
      return Fail(Bad("has a class of characters, of which there are none here"));
    }
    if (glob[next] == '\\' && next + 1 < glob.size()) ++next;
    const char low = glob[next];
    char high = low;
    if (next + 2 < glob.size() && glob[next + 1] == '-' && glob[next + 2] != ']') {
      next += 2;
      if (glob[next] == '\\' && next + 1 < glob.size()) ++next;
      high = glob[next];
    }
    if (Byte(high) < Byte(low)) return Fail(Bad("has a range that ends before it begins"));
    for (unsigned byte = Byte(low); byte <= Byte(high); ++byte) {
      set.set(Lower(static_cast<char>(byte)));
      set.set(Upper(static_cast<char>(byte)));
    }
  }
  if (next >= glob.size()) return Fail(Bad("has a \"[\" that nothing closes"));
  at = next;
  tokens_.push_back({.kind = Kind::kSet, .set = sets_.size()});
  sets_.push_back(is_negated ? ~set : set);
  return {};
}

bool NameGlob::MatchesOne(const Token& token, char c) const {
  if (token.kind == Kind::kByte) return token.byte == Lower(c);
  return token.kind == Kind::kAny || (token.kind == Kind::kSet && sets_[token.set].test(Byte(c)));
}

// What is between two stars is found at the first place where it is: no later one could leave more
// to the rest. So only the last star is ever gone back to.
bool NameGlob::Matches(std::string_view name) const {
  std::size_t token = 0;
  std::size_t at = 0;
  std::size_t star = tokens_.size();
  std::size_t taken_by_star = 0;
  while (at < name.size()) {
    if (token < tokens_.size() && tokens_[token].kind == Kind::kStar) {
      star = token++;
      taken_by_star = at;
    } else if (token < tokens_.size() && MatchesOne(tokens_[token], name[at])) {
      ++token;
      ++at;
    } else if (star < tokens_.size()) {
      token = star + 1;
      at = ++taken_by_star;
    } else {
      return false;
    }
  }
  while (token < tokens_.size() && tokens_[token].kind == Kind::kStar)
    ++token;
  return token == tokens_.size();
}

}  // namespace agentbox::policy
