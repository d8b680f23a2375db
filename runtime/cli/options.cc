#include "cli/options.h"

#include <algorithm>

namespace agentbox::cli {
namespace {

Error Usage(std::string message) {
  return Error(ErrorKind::kUsage, std::move(message));
}

const Option* Find(std::span<const Option> options, std::string_view name) {
  const auto found = std::ranges::find(options, name, &Option::name);
  return found == options.end() ? nullptr : &*found;
}

const Option* Find(std::span<const Option> options, char letter) {
  const auto found = std::ranges::find(options, letter, &Option::letter);
  return found == options.end() ? nullptr : &*found;
}

Error Unknown(std::span<const Option> options, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Option& option : options)
    names.push_back(option.name);
  std::string message = "unknown option --" + std::string(name);
  if (const auto nearest = Nearest(name, names)) {
    message += ": did you mean --" + std::string(*nearest) + "?";
  } else {
    message += ": --help lists them";
  }
  return Usage(std::move(message));
}

// Levenshtein's: how many letters differ.
std::size_t Distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t j = 0; j <= other.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string_view> Option::Choices() const {
  std::string_view words = argument;
  if (IsArgumentOptional()) words = words.substr(1, words.size() - 2);
  if (words.find('|') == std::string_view::npos) return {};
  return Split(words, '|');
}

// Walks over the words, and fills an Arguments.
class Parser {
 public:
  Parser(std::span<const Option> options, const std::vector<std::string>& words, Order order)
      : options_(options), words_(words), order_(order) {}

  Result<Arguments> Run() {
    while (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      if (word == "--") {
        TakeRest();
      } else if (word.starts_with("--")) {
        TRY(TakeLong(std::string_view(word).substr(2)));
      } else if (word.size() > 1 && word.starts_with('-')) {
        TRY(TakeLetters(std::string_view(word).substr(1)));
      } else {
        arguments_.words_.push_back(word);
        if (order_ == Order::kOptionsFirst) TakeRest();
      }
    }
    return std::move(arguments_);
  }

 private:
  void TakeRest() {
    while (next_ < words_.size())
      arguments_.words_.push_back(words_[next_++]);
  }

  Result<void> TakeLong(std::string_view text) {
    const auto equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const Option* const option = Find(options_, name);
    if (option == nullptr) return Fail(Unknown(options_, name));
    if (equals != std::string_view::npos) {
      return arguments_.Take(*option, std::string(text.substr(equals + 1)));
    }
    return TakeWithNext(*option);
  }

  // The letters after one dash: flags, and at most one option whose value is what follows.
  Result<void> TakeLetters(std::string_view letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const Option* const option = Find(options_, letters[i]);
      if (option == nullptr) {
        return Fail(Usage("unknown option -" + std::string(1, letters[i]) + ": --help lists them"));
      }
      const bool is_last = i + 1 == letters.size();
      if (is_last) return TakeWithNext(*option);
      if (!option->IsFlag()) {
        return arguments_.Take(*option, std::string(letters.substr(i + 1)));
      }
      TRY(arguments_.Take(*option, "true"));
    }
    return {};
  }

  // An option that stands without `=`.
  Result<void> TakeWithNext(const Option& option) {
    if (option.IsFlag()) return arguments_.Take(option, "true");
    const bool is_at_end = next_ == words_.size();
    if (option.IsArgumentOptional()) {
      // The next word is the value only if it can be nothing else.
      const auto choices = option.Choices();
      const bool is_value =
          !is_at_end && std::ranges::find(choices, words_[next_]) != choices.end();
      if (is_value) return arguments_.Take(option, words_[next_++]);
      arguments_.given_.emplace_back(&option, "");
      return {};
    }
    if (is_at_end) {
      return Fail(Usage("--" + std::string(option.name) +
                        " needs a value: " + std::string(option.argument)));
    }
    return arguments_.Take(option, words_[next_++]);
  }

  std::span<const Option> options_;
  const std::vector<std::string>& words_;
  Order order_;
  std::size_t next_ = 0;
  Arguments arguments_;
};

Result<Arguments> Arguments::Parse(std::span<const Option> options,
                                   const std::vector<std::string>& words,
                                   Order order) {
  return Parser(options, words, order).Run();
}

Result<void> Arguments::Take(const Option& option, std::string value) {
  const auto choices =
      option.IsFlag() ? std::vector<std::string_view>{"true", "false"} : option.Choices();
  if (!choices.empty() && std::ranges::find(choices, value) == choices.end()) {
    std::string words;
    for (const std::string_view choice : choices) {
      words += (words.empty() ? "" : ", ") + std::string(choice);
    }
    return Fail(
        Usage("--" + std::string(option.name) + ": " + Quoted(value) + " is none of: " + words));
  }
  given_.emplace_back(&option, std::move(value));
  return {};
}

bool Arguments::Has(std::string_view name) const {
  const auto value = Value(name);
  return value && *value != "false";
}

std::optional<std::string> Arguments::Value(std::string_view name) const {
  for (auto given = given_.rbegin(); given != given_.rend(); ++given) {
    if (given->first->name == name) return given->second;
  }
  return std::nullopt;
}

std::string Arguments::ValueOr(std::string_view name, std::string otherwise) const {
  return Value(name).value_or(std::move(otherwise));
}

std::vector<std::string> Arguments::Values(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [option, value] : given_) {
    if (option->name == name) values.push_back(value);
  }
  return values;
}

Error Arguments::NoNumber(std::string_view name, const std::string& value) {
  return Usage("--" + std::string(name) + ": " + Quoted(value) + " is not a number that it can be");
}

Result<std::optional<std::int64_t>> Arguments::Size(std::string_view name) const {
  const auto value = Value(name);
  if (!value) return std::optional<std::int64_t>();
  if (*value == "-1") return std::optional<std::int64_t>(-1);
  const auto size = ParseSize(*value);
  if (size) return size;
  return Fail(Usage("--" + std::string(name) + ": " + Quoted(*value) +
                    " is not a size: expected bytes, as in 512m"));
}

std::optional<std::string_view> Nearest(std::string_view word,
                                        const std::vector<std::string_view>& known) {
  std::optional<std::string_view> nearest;
  // A third of the letters may differ: less would be a guess.
  std::size_t least = word.size() / 3 + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = Distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace agentbox::cli
