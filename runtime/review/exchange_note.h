// What `apply` is about to exchange in a real tree, noted beside the layer: what a killed one has
// left under a temporary name may be what somebody saved in the last moment.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"

namespace agentbox::review {

struct Exchanged {
  std::string path;            // relative to the tree
  struct stat before = {};     // what was there
  struct stat made = {};       // what is to be
  struct stat directory = {};  // in which it is
};

// A file, there from before the exchange until both that take part are where they belong.
class ExchangeNote {
 public:
  // `directory`, which may be O_PATH, is borrowed.
  ExchangeNote(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}

  // EEXIST: there is one, of an exchange that is not over.
  Result<void> Write(const Exchanged& exchanged) const;

  Result<bool> IsThere() const;

  // Nothing: none was about to begin.
  Result<std::optional<Exchanged>> Read() const;

  Result<void> Remove() const;

 private:
  int directory_;
  std::string name_;
};

}  // namespace agentbox::review
