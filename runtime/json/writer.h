// JSON texts, written front to back: compact, or indented as Go's MarshalIndent does, which is what
// users of other runtimes know.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace agentbox::json {

// Calls are to be balanced and in the order of the text. A function with a key is for members of an
// object, one without it for items of a list and for the outermost value.
//
//   Writer writer("  ");
//   writer.BeginObject();
//   writer.Member("id", "c1");
//   writer.BeginList("pids");
//   writer.Item(42);
//   writer.End();
//   writer.End();
//   std::string text = std::move(writer).Take();
class Writer {
 public:
  // `indent`: of one level; empty for all on one line.
  explicit Writer(std::string indent = {}) : indent_(std::move(indent)) {}

  void BeginObject() {
    Separate();
    Begin('{');
  }
  void BeginList() {
    Separate();
    Begin('[');
  }
  void BeginObject(std::string_view key) {
    Key(key);
    Begin('{');
  }
  void BeginList(std::string_view key) {
    Key(key);
    Begin('[');
  }
  // Of the innermost list or object.
  void End();

  // `value`: a string, a boolean, an integer, a double, nullptr, a vector of such, or a map with
  // strings as keys.
  template <typename T>
  void Item(const T& value) {
    Separate();
    Put(value);
  }
  template <typename T>
  void Member(std::string_view key, const T& value) {
    Key(key);
    Put(value);
  }

  // `json`, a whole JSON text, as it is.
  void RawMember(std::string_view key, std::string_view json) {
    Key(key);
    text_ += json;
  }

  // The text, without a newline at its end.
  std::string Take() && { return std::move(text_); }

 private:
  void Key(std::string_view key);
  void Separate();
  void Begin(char bracket);
  void NewLine();

  void Put(std::string_view value);
  void Put(const std::string& value) { Put(std::string_view(value)); }
  void Put(const char* value) { Put(std::string_view(value)); }
  void Put(std::nullptr_t) { text_ += "null"; }
  template <std::same_as<bool> T>
  void Put(T value) {
    text_ += value ? "true" : "false";
  }
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) void Put(T value) {
    text_ += std::to_string(value);
  }
  void Put(double value);

  template <typename T>
  void Put(const std::vector<T>& values) {
    Begin('[');
    for (const auto& value : values)
      Item(value);
    End();
  }
  template <typename T>
  void Put(const std::map<std::string, T>& values) {
    Begin('{');
    for (const auto& [key, value] : values)
      Member(key, value);
    End();
  }

  std::string indent_;
  std::string text_;
  std::string open_;      // brackets that will close what is open, outermost first
  bool is_empty_ = true;  // nothing yet in the innermost list or object
};

// `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, as in Go.
std::string QuoteJson(std::string_view text);

}  // namespace agentbox::json
