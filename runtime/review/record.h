// A review: a layer that outlives its sandbox, and what is known of it. The record is JSON in the
// review's directory, written before the layer is mounted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"

namespace agentbox::review {

// What tells a directory from others that may come to its place, also when its file system was
// mounted anew. What the file system does not keep that long is left out.
struct Identity {
  std::string filesystem;  // its type; empty: nothing is known
  std::string id;          // which of that type, in hexadecimal digits
  std::string handle;      // of the directory in it, in hexadecimal digits

  bool operator==(const Identity&) const = default;
};

// A host directory, the real tree, and the layer over it that took the sandbox's writes.
struct ReviewedMount {
  std::string destination;  // in the sandbox
  std::string source;       // the real tree, absolute
  std::string file;         // the one file in it that the sandbox was shown; empty: all of it
  std::string directory;    // of the layer in the review's: "mount-0"
  Identity identity;        // of `source`

  // Paths relative to the tree that the sandbox was not shown, and directories that it was shown
  // empty: the layer has begun with whiteouts of the ones, and the others opaque.
  std::vector<std::string> hidden;
  std::vector<std::string> emptied;

  // What the sandbox was shown of the host: `source`, or the file in it.
  std::string Shown() const;

  bool operator==(const ReviewedMount&) const = default;
};

struct Record {
  std::string name;        // short and readable: "brave-otter", or after the container
  std::string container;   // id
  std::string state_root;  // of the runtime that made it
  std::vector<std::string> command;

  // CLOCK_REALTIME_COARSE, by which the kernel stamps files, in nanoseconds; before the layer was
  // mounted. A file of the real tree with a ctime that is not before it was changed since.
  std::int64_t started = 0;

  // An id in the layer is a host's id of these maps, and stands for the container's id, which is
  // the real tree's. Empty: files in the layer have the ids of the real tree.
  abi::IdMaps maps;
  bool uses_user_xattrs =
      false;  // overlayfs marks files with user.overlay.*, else trusted.overlay.*

  bool is_in_image = false;  // the layers are in the review's image, which limits what they hold
  std::vector<ReviewedMount> mounts;

  bool operator==(const Record&) const = default;
};

// The text of a record, and what it says. Paths, which may have any byte, come back as they were;
// bytes of `command` that are no UTF-8 do not.
std::string ToJson(const Record& record);
Result<Record> FromJson(std::string_view text);

}  // namespace agentbox::review
