#include "toml/edit.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace agentbox::toml {
namespace {

std::string_view NewlineOf(std::string_view text) {
  const auto newline = text.find('\n');
  const bool is_dos = newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r';
  return is_dos ? "\r\n" : "\n";
}

std::string WithNewlines(const std::vector<std::string>& lines, std::string_view newline) {
  std::string text;
  for (const std::string& line : lines)
    text += line + std::string(newline);
  return text;
}

// Where the line before `at`, which begins a line, begins, if that is empty; else `at`.
std::size_t WithoutEmptyLine(std::string_view text, std::size_t at) {
  for (const std::string_view end : {"\n\r\n", "\n\n"}) {
    if (text.substr(0, at).ends_with(end)) return at - (end.size() - 1);
  }
  return at;
}

struct Span {
  std::size_t begin;
  std::size_t end;
};

}  // namespace

std::string Append(std::string_view text, const std::vector<std::string>& lines) {
  const std::string newline(NewlineOf(text));
  std::string longer(text);
  if (!longer.empty() && !longer.ends_with('\n')) longer += newline;
  if (!longer.empty()) longer += newline;
  return longer + WithNewlines(lines, newline);
}

Result<std::string> AddToTable(std::string_view text,
                               const Path& table,
                               const std::vector<std::string>& lines) {
  const Document document = TRY(Read(text));
  if (const Entry* const above = document.FindAbove(table)) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      ToString(above->path) + " is a value, to which no table can be added"));
  }
  const auto header = std::ranges::find(document.headers, table, &Header::path);
  if (header == document.headers.end()) {
    std::vector<std::string> all = {"[" + ToString(table) + "]"};
    all.insert(all.end(), lines.begin(), lines.end());
    return Append(text, all);
  }
  const auto next = header + 1;
  const std::size_t limit = next == document.headers.end() ? text.size() : next->begin;
  std::size_t at = header->end;
  for (const Entry& entry : document.entries) {
    if (entry.end <= limit) at = std::max(at, entry.end);
  }
  std::string longer(text.substr(0, at));
  if (!longer.ends_with('\n')) longer += NewlineOf(text);
  return longer + WithNewlines(lines, NewlineOf(text)) + std::string(text.substr(at));
}

std::string Replace(std::string_view text, const Value& value, std::string_view literal) {
  return std::string(text.substr(0, value.begin)) + std::string(literal) +
         std::string(text.substr(value.end));
}

Result<std::string> Remove(std::string_view text, const Path& path) {
  const Document document = TRY(Read(text));
  const Entry* const above = document.FindAbove(path);
  if (above != nullptr && above->path != path && document.Find(path) != nullptr) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      ToString(path) + " is in the inline table " + ToString(above->path) +
                          ", from which it has to be removed by hand"));
  }
  std::vector<Span> spans;
  for (const Header& header : document.headers) {
    if (IsWithin(header.path, path))
      spans.push_back({WithoutEmptyLine(text, header.begin), header.end});
  }
  for (const Entry& entry : document.entries) {
    if (IsWithin(entry.path, path)) spans.push_back({entry.begin, entry.end});
  }
  std::ranges::sort(spans, {}, &Span::begin);
  std::string shorter;
  std::size_t kept = 0;
  for (const Span& span : spans) {
    shorter += text.substr(kept, span.begin - kept);
    kept = span.end;
  }
  return shorter + std::string(text.substr(kept));
}

}  // namespace agentbox::toml
