// A TOML text with the place of each of its parts, so that one can be changed and the rest kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "toml/value.h"

namespace agentbox::toml {

// The keys from the document down. An item of a list of tables ([[a]]) has its number as a key.
using Path = std::vector<std::string>;

// Whether `path` is `other` or below it.
bool IsWithin(const Path& path, const Path& other);

Path Join(const Path& path, const Path& more);

// `path` as it is written in a header: plugins."io.containerd.grpc.v1.cri".
std::string ToString(const Path& path);

// `text` as a string of TOML.
std::string Quote(std::string_view text);

// `key = value`, outside of inline tables.
struct Entry {
  Path path;
  Value value;
  std::size_t begin = 0;  // of its first line
  std::size_t end = 0;    // behind its last line
};

// `[path]`, or `[[path]]`.
struct Header {
  Path path;
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Document {
  std::vector<Entry> entries;
  std::vector<Header> headers;

  // The value at `path`, also in an inline table; null if there is none.
  const Value* Find(const Path& path) const;
  // The string there; empty if there is none.
  std::string StringAt(const Path& path) const;
  // The nearest value at or above `path`: nothing can be added below it.
  const Entry* FindAbove(const Path& path) const;
  // Whether there is anything at or below `path`.
  bool Has(const Path& path) const;
};

// kInvalidSpec, with line and column, for what is no TOML: also a key or table that is there twice.
Result<Document> Read(std::string_view text);

}  // namespace agentbox::toml
