#include "json/value.h"

#include <algorithm>
#include <memory>

#include <yajl/yajl_parse.h>

#include "base/strings.h"

namespace agentbox::json {
namespace {

// Builds the value from yajl's events. yajl's own tree would lose the length of strings and the
// digits of large numbers, keep duplicate keys, and recurse without bound when it is freed.
class Builder {
 public:
  bool Add(Value value);
  bool Open(Type type);
  bool Close();
  bool Key(std::string_view key);

  bool Refuse(const std::string& path, std::string_view why) {
    refusal_ = path.empty() ? std::string(why) : path + ": " + std::string(why);
    return false;
  }
  std::string ChildPath() const;

  const std::string& Refusal() const { return refusal_; }
  Value Take() { return std::move(root_); }

 private:
  std::string Path() const;

  Value root_;
  std::vector<Value> open_;  // lists and objects not yet closed, outermost first
  std::string refusal_;
};

std::string PathBelow(const std::string& path, const Value& parent) {
  if (parent.type == Type::kList) return JoinPath(path, parent.items.size());
  return parent.keys.empty() ? path : JoinPath(path, parent.keys.back());
}

// Of the innermost open list or object.
std::string Builder::Path() const {
  std::string path;
  for (std::size_t i = 0; i + 1 < open_.size(); ++i)
    path = PathBelow(path, open_[i]);
  return path;
}

// Of the value that comes next.
std::string Builder::ChildPath() const {
  return open_.empty() ? std::string() : PathBelow(Path(), open_.back());
}

bool Builder::Add(Value value) {
  Value& place = open_.empty() ? root_ : open_.back().items.emplace_back();
  place = std::move(value);
  return true;
}

bool Builder::Open(Type type) {
  if (open_.size() == kMaximumDepth) return Refuse({}, "lists and objects are nested too deeply");
  open_.push_back({.type = type});
  return true;
}

bool Builder::Close() {
  const std::vector<std::string>& keys = open_.back().keys;
  std::vector<std::string_view> sorted(keys.begin(), keys.end());
  std::ranges::sort(sorted);
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice != sorted.end()) return Refuse(JoinPath(Path(), *twice), "the key is there twice");
  Value closed = std::move(open_.back());
  open_.pop_back();
  return Add(std::move(closed));
}

bool Builder::Key(std::string_view key) {
  if (key.find('\0') != std::string_view::npos) return Refuse(Path(), "a key has a NUL in it");
  open_.back().keys.emplace_back(key);
  return true;
}

int OnNull(void* builder) {
  return static_cast<Builder*>(builder)->Add({}) ? 1 : 0;
}

int OnBoolean(void* builder, int value) {
  return static_cast<Builder*>(builder)->Add({.type = Type::kBoolean, .boolean = value != 0}) ? 1
                                                                                              : 0;
}

int OnNumber(void* builder, const char* token, std::size_t size) {
  return static_cast<Builder*>(builder)->Add({.type = Type::kNumber, .text = {token, size}}) ? 1
                                                                                             : 0;
}

std::string_view View(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

int OnString(void* context, const unsigned char* bytes, std::size_t size) {
  auto& builder = *static_cast<Builder*>(context);
  const std::string_view text = View(bytes, size);
  if (text.find('\0') != std::string_view::npos) {
    return builder.Refuse(builder.ChildPath(), "the string has a NUL in it") ? 1 : 0;
  }
  return builder.Add({.type = Type::kString, .text = std::string(text)}) ? 1 : 0;
}

int OnKey(void* builder, const unsigned char* bytes, std::size_t size) {
  return static_cast<Builder*>(builder)->Key(View(bytes, size)) ? 1 : 0;
}

int OnObject(void* builder) {
  return static_cast<Builder*>(builder)->Open(Type::kObject) ? 1 : 0;
}
int OnList(void* builder) {
  return static_cast<Builder*>(builder)->Open(Type::kList) ? 1 : 0;
}
int OnEnd(void* builder) {
  return static_cast<Builder*>(builder)->Close() ? 1 : 0;
}

constexpr yajl_callbacks kCallbacks = {
    .yajl_null = OnNull,
    .yajl_boolean = OnBoolean,
    .yajl_integer = nullptr,
    .yajl_double = nullptr,
    .yajl_number = OnNumber,  // the token as written, in place of the two above
    .yajl_string = OnString,
    .yajl_start_map = OnObject,
    .yajl_map_key = OnKey,
    .yajl_end_map = OnEnd,
    .yajl_start_array = OnList,
    .yajl_end_array = OnEnd,
};

struct FreeParser {
  void operator()(yajl_handle parser) const { yajl_free(parser); }
};
using Parser = std::unique_ptr<yajl_handle_t, FreeParser>;

// "line 3, column 7: lexical error: invalid char in json text"
// where `read` is the part of the text up to the error.
std::string SyntaxError(const Parser& parser, std::string_view read) {
  const auto line = std::ranges::count(read, '\n') + 1;
  const auto line_start = read.rfind('\n') + 1;  // npos + 1 is 0
  unsigned char* const raw = yajl_get_error(parser.get(), /*verbose=*/0, nullptr, 0);
  std::string message = raw == nullptr ? "" : reinterpret_cast<const char*>(raw);
  yajl_free_error(parser.get(), raw);
  while (message.ends_with('\n') || message.ends_with('.'))
    message.pop_back();
  return "line " + std::to_string(line) + ", column " +
         std::to_string(std::max<std::size_t>(read.size() - line_start, 1)) + ": " + message;
}

bool IsPlainKey(std::string_view key) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./").find(c) != std::string_view::npos;
  };
  return !key.empty() && std::ranges::all_of(key, is_plain);
}

}  // namespace

Result<Value> Parse(std::string_view text) {
  if (text.size() > kMaximumSize) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      "larger than " + std::to_string(kMaximumSize >> 20U) + " MiB"));
  }
  Builder builder;
  const Parser parser(yajl_alloc(&kCallbacks, nullptr, &builder));
  if (!parser) return Fail(Error::FromErrno(ENOMEM).Within("yajl_alloc"));
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  yajl_status status = yajl_parse(parser.get(), bytes, text.size());
  std::string_view read = text.substr(0, yajl_get_bytes_consumed(parser.get()));
  if (status == yajl_status_ok) {
    status = yajl_complete_parse(parser.get());
    read = text;
  }
  if (status == yajl_status_client_canceled) {
    return Fail(Error(ErrorKind::kInvalidSpec, builder.Refusal()));
  }
  if (status != yajl_status_ok) {
    return Fail(Error(ErrorKind::kInvalidSpec, SyntaxError(parser, read)));
  }
  return builder.Take();
}

std::string JoinPath(const std::string& path, std::string_view key) {
  if (!IsPlainKey(key)) return path + "[" + Quoted(key) + "]";
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

std::string JoinPath(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string Describe(const Value& value) {
  // Enough to find it again; a whole file may have got into the wrong place.
  constexpr std::size_t kShown = 60;
  const bool is_long = value.text.size() > kShown;
  switch (value.type) {
    case Type::kNull:
      return "null";
    case Type::kBoolean:
      return value.boolean ? "true" : "false";
    case Type::kNumber:
      return "the number " + value.text.substr(0, kShown) + (is_long ? "..." : "");
    case Type::kString:
      return "the string " + Quoted(value.text.substr(0, kShown)) + (is_long ? "..." : "");
    case Type::kList:
      return "a list";
    case Type::kObject:
      return "an object";
  }
  return {};
}

}  // namespace agentbox::json
