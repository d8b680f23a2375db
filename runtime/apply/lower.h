// What the layer of a volume is laid over. An overlay is of directories: that of a single file is
// one of the directory it is in, of which the sandbox is shown nothing but the file.
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

struct Lower {
  UniqueFd directory;  // O_PATH
  std::string path;    // of the directory, on the host, canonical
  std::string file;    // the name of the file in it that is shown; empty: all of it is
};

// For the volume with the host's `source`, a directory or a regular file. A file that is mounted
// itself (mount --bind, subPath of Kubernetes) is taken where another mount shows it in a
// directory. kUnsupported, naming the way out, if none does, and for other kinds of files.
Result<Lower> OpenLower(const std::string& source);

// A detached mount of the file `name` in the root of the detached `mount`, without anything else.
// `mount` is attached in `spare`, a directory of our own: before Linux 6.15 there is no copy of a
// part of one that is not.
Result<UniqueFd> OnlyFile(const UniqueFd& mount, const std::string& name, const UniqueFd& spare);

}  // namespace agentbox::apply
