// Where in a TOML text (https://toml.io, version 1.0) its readers are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace agentbox::toml {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  std::size_t At() const { return at_; }
  bool IsAtEnd() const { return at_ == text_.size(); }
  std::string_view Rest() const { return text_.substr(at_); }
  bool StartsWith(std::string_view word) const { return Rest().starts_with(word); }
  // The next byte; a NUL at the end of the text, in which there is none otherwise.
  char Peek() const { return IsAtEnd() ? '\0' : text_[at_]; }

  void Skip(std::size_t size) { at_ += size; }
  // Passes over `word` if it is there.
  bool Take(std::string_view word);

  void SkipBlanks();           // blanks and tabs
  Result<void> SkipComment();  // up to the end of the line
  bool TakeNewline();          // LF or CR LF
  Result<void> SkipSpace();    // blanks, comments and ends of lines

  // Past one character of a string or a comment: kInvalidSpec if it is a control character or not
  // UTF-8.
  Result<void> SkipCharacter();

  // kInvalidSpec: "line 3, column 7: MESSAGE".
  Error Invalid(std::string_view message) const { return InvalidAt(at_, message); }
  Error InvalidAt(std::size_t at, std::string_view message) const;

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace agentbox::toml
