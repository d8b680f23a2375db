// The words of a command line by a table of options. Pure.
//
// As engines write them for runc and crun: `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`,
// flags put together (`-dt`), flags with a value (`--force=false`), `--` before what is no option.
// Not getopt_long(3): its own messages and abbreviated names (`--no-p`) are not wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/strings.h"

namespace agentbox::cli {

struct Option {
  std::string_view name;  // without the dashes
  char letter = 0;        // 0: none

  // How help calls the value: "FILE"; with bars the words that it may be: "text|json"; in brackets
  // it may be left out: "[auto|true|false]". Empty: a flag.
  std::string_view argument;
  std::string_view help;

  bool IsFlag() const { return argument.empty(); }
  bool IsArgumentOptional() const { return argument.starts_with('['); }
  // The words that the value may be; none: any.
  std::vector<std::string_view> Choices() const;
};

// Whether options may follow the first word that is none.
enum class Order { kAnywhere, kOptionsFirst };

class Arguments {
 public:
  // kUsage, naming the option, for one that is not in the table (with the one that was perhaps
  // meant), one without its value, and a value that it can not have.
  static Result<Arguments> Parse(std::span<const Option> options,
                                 const std::vector<std::string>& words,
                                 Order order);

  // A flag that is there and not switched off, or an option with a value.
  bool Has(std::string_view name) const;
  // The last one; empty for one whose value was left out.
  std::optional<std::string> Value(std::string_view name) const;
  std::string ValueOr(std::string_view name, std::string otherwise) const;
  std::vector<std::string> Values(std::string_view name) const;

  // kUsage for what is not, as a whole, a number that T can hold.
  template <typename T>
  Result<std::optional<T>> Number(std::string_view name) const {
    const auto value = Value(name);
    if (!value) return std::optional<T>();
    const auto number = ParseNumber<T>(*value);
    if (!number) return Fail(NoNumber(name, *value));
    return std::optional<T>(number);
  }

  // Bytes: a number, or one with k, m, g or t after it ("512m", "4GB"), or -1. kUsage for others.
  Result<std::optional<std::int64_t>> Size(std::string_view name) const;

  // The words that are no options.
  const std::vector<std::string>& Words() const { return words_; }

 private:
  static Error NoNumber(std::string_view name, const std::string& value);

  Result<void> Take(const Option& option, std::string value);

  friend class Parser;
  std::vector<std::pair<const Option*, std::string>> given_;
  std::vector<std::string> words_;
};

// The one of `known` that `word` is a slip of, if one is near enough.
std::optional<std::string_view> Nearest(std::string_view word,
                                        const std::vector<std::string_view>& known);

}  // namespace agentbox::cli
