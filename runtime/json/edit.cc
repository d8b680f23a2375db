#include "json/edit.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "json/reader.h"
#include "json/value.h"
#include "json/writer.h"

namespace agentbox::json {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Where a value is in the text; the members of an object are in the order of Value's.
struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::size_t> keys;  // where each begins
  std::vector<Place> items;
};

// Finds the places in a text that Parse has taken.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Place Scan() {
    SkipSpace();
    Place place = {.begin = at_};
    switch (text_[at_]) {
      case '{':
      case '[':
        ScanItems(place);
        break;
      case '"':
        SkipString();
        break;
      default:
        at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
    place.end = at_;
    return place;
  }

 private:
  void ScanItems(Place& place) {
    const bool is_object = text_[at_++] == '{';
    for (;;) {
      SkipSpace();
      if (text_[at_] == '}' || text_[at_] == ']') break;
      if (is_object) {
        place.keys.push_back(at_);
        SkipString();
        SkipSpace();
        ++at_;  // the colon
      }
      place.items.push_back(Scan());
      SkipSpace();
      if (text_[at_] == ',') ++at_;
    }
    ++at_;
  }

  void SkipSpace() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }

  void SkipString() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// How the text is written, which what is added follows.
struct Style {
  std::string newline = "\n";
  std::string unit = "  ";  // one level of indent
  std::string colon = ": ";
  std::string comma = ", ";  // between members on one line
  bool has_lines = true;
};

bool BeginsLine(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at).find_last_not_of(" \t");
  return before != std::string_view::npos && text[before] == '\n';
}

// The white space that the line of `at` begins with.
std::string IndentAt(std::string_view text, std::size_t at) {
  const auto newline = text.substr(0, at).rfind('\n');
  const auto line = text.substr(newline == std::string_view::npos ? 0 : newline + 1);
  return std::string(line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())));
}

Style StyleOf(std::string_view text, const Place& root) {
  Style style;
  const auto newline = text.find('\n');
  if (newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r') {
    style.newline = "\r\n";
  }
  if (root.items.empty()) return style;
  style.has_lines = BeginsLine(text, root.keys.front());
  if (style.has_lines) {
    const std::string indent = IndentAt(text, root.keys.front());
    if (!indent.empty()) style.unit = indent;
  } else if (text.substr(root.begin, root.end - root.begin).find_first_of(kSpace) ==
             std::string_view::npos) {
    style.colon = ":";
    style.comma = ",";
  }
  return style;
}

std::string Spliced(std::string_view text,
                    std::size_t begin,
                    std::size_t end,
                    std::string_view with) {
  return std::string(text.substr(0, begin)) + std::string(with) + std::string(text.substr(end));
}

// The steps from the outermost object to the innermost that is there.
struct Walk {
  struct Step {
    const Place* object;
    std::optional<std::size_t> member;  // of keys[depth]; none: it is missing
  };
  std::vector<Step> steps;
  const Value* last = nullptr;  // the value of the last member found
  std::string path;             // of that
};

Result<Walk> WalkTo(const Value& root, const Place& place, const std::vector<std::string>& keys) {
  Walk walk = {.last = &root};
  const Place* object = &place;
  for (const std::string& key : keys) {
    // As engines' readers take it: null is an object that has nothing.
    if (walk.last->type == Type::kNull && !walk.steps.empty()) return walk;
    if (walk.last->type != Type::kObject) {
      return Fail(Invalid(walk.path, "expected an object, found " + Describe(*walk.last)));
    }
    const auto found = std::ranges::find(walk.last->keys, key);
    if (found == walk.last->keys.end()) {
      walk.steps.push_back({object, std::nullopt});
      return walk;
    }
    const auto member = static_cast<std::size_t>(found - walk.last->keys.begin());
    walk.steps.push_back({object, member});
    walk.path = JoinPath(walk.path, key);
    walk.last = &walk.last->items[member];
    object = &object->items[member];
  }
  return walk;
}

// What is put into a text: `value`, a JSON text, below `keys`.
class Addition {
 public:
  Addition(const std::vector<std::string>& keys, std::string value, Style style)
      : keys_(keys), value_(std::move(value)), style_(std::move(style)) {}

  // `"key": {...: value}` from keys[depth] on, of an object whose members have `indent`.
  std::string Member(std::size_t depth, const std::string& indent, bool has_lines) const {
    const std::string head = QuoteJson(keys_[depth]) + style_.colon;
    if (depth + 1 == keys_.size()) return head + value_;
    const std::string deeper = indent + style_.unit;
    const std::string inner = Member(depth + 1, deeper, has_lines);
    if (!has_lines) return head + "{" + inner + "}";
    return head + "{" + style_.newline + deeper + inner + style_.newline + indent + "}";
  }

  // `text` with it, from keys[depth] on, as a new last member of `object`.
  std::string PutInto(std::string_view text, const Place& object, std::size_t depth) const {
    if (object.items.empty()) {
      return Spliced(text, object.begin, object.end, Object(IndentAt(text, object.begin), depth));
    }
    const std::size_t first = object.keys.front();
    const bool has_lines = BeginsLine(text, first);
    const std::string indent = IndentAt(text, first);
    const std::string separator = has_lines ? "," + style_.newline + indent : style_.comma;
    const std::size_t end = object.items.back().end;
    return Spliced(text, end, end, separator + Member(depth, indent, has_lines));
  }

 private:
  // An object with nothing else, of a line that has `indent`.
  std::string Object(const std::string& indent, std::size_t depth) const {
    const std::string deeper = indent + style_.unit;
    const std::string member = Member(depth, deeper, style_.has_lines);
    if (!style_.has_lines) return "{" + member + "}";
    return "{" + style_.newline + deeper + member + style_.newline + indent + "}";
  }

  const std::vector<std::string>& keys_;
  std::string value_;
  Style style_;
};

}  // namespace

Result<std::string> SetString(std::string_view text,
                              const std::vector<std::string>& keys,
                              std::string_view value) {
  const bool is_empty = Trimmed(text).empty();
  const std::string whole = is_empty ? "{}\n" : std::string(text);
  const Value root = TRY(Parse(whole));
  const Place place = Scanner(whole).Scan();
  const Walk walk = TRY(WalkTo(root, place, keys));
  const std::string quoted = QuoteJson(value);
  const Addition addition(keys, quoted, StyleOf(whole, place));
  const Walk::Step& step = walk.steps.back();
  const std::size_t depth = walk.steps.size() - 1;
  if (!step.member) return addition.PutInto(whole, *step.object, depth);
  const Place& old = step.object->items[*step.member];
  if (walk.last->type == Type::kNull) {
    const std::size_t key = step.object->keys[*step.member];
    const std::string member = addition.Member(depth, IndentAt(whole, key), BeginsLine(whole, key));
    return Spliced(whole, key, old.end, member);
  }
  if (walk.last->type != Type::kString) {
    return Fail(Invalid(walk.path, "expected a string, found " + Describe(*walk.last)));
  }
  return walk.last->text == value ? whole : Spliced(whole, old.begin, old.end, quoted);
}

Result<std::string> RemoveMember(std::string_view text, const std::vector<std::string>& keys) {
  if (Trimmed(text).empty()) return std::string(text);
  const Value root = TRY(Parse(text));
  const Place place = Scanner(text).Scan();
  const Walk walk = TRY(WalkTo(root, place, keys));
  if (walk.steps.size() < keys.size() || !walk.steps.back().member) return std::string(text);
  std::size_t depth = keys.size() - 1;
  while (depth > 0 && walk.steps[depth].object->items.size() == 1)
    --depth;
  const Place& object = *walk.steps[depth].object;
  const std::size_t member = *walk.steps[depth].member;
  if (object.items.size() == 1) return Spliced(text, object.begin, object.end, "{}");
  if (member + 1 < object.items.size()) {
    return Spliced(text, object.keys[member], object.keys[member + 1], "");
  }
  return Spliced(text, object.items[member - 1].end, object.items[member].end, "");
}

}  // namespace agentbox::json
