#include "review/listing.h"

#include <cstdint>
#include <vector>

#include "base/strings.h"
#include "json/writer.h"
#include "review/quoting.h"

namespace agentbox::review {
namespace {

std::string_view TypeName(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFLNK:
      return "symlink";
    case S_IFCHR:
      return "character device";
    case S_IFBLK:
      return "block device";
    case S_IFIFO:
      return "fifo";
    case S_IFSOCK:
      return "socket";
    default:
      return "nothing";
  }
}

std::string_view Name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return "added";
    case ChangeKind::kModified:
      return "modified";
    case ChangeKind::kDeleted:
      return "deleted";
    case ChangeKind::kTypeChanged:
      return "type";
    case ChangeKind::kMetadata:
      return "metadata";
  }
  return "";
}

std::string IdText(std::uint32_t id) {
  return id == abi::kNoId ? "unmapped" : std::to_string(id);
}

std::string OwnerText(const struct stat& status) {
  return IdText(status.st_uid) + ":" + IdText(status.st_gid);
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// A name that is no UTF-8, which JSON can not hold, comes as its bytes, too.
void WritePath(json::Writer& writer, const std::string& key, std::string_view path) {
  writer.Member(key, std::string(path));
  if (!IsUtf8(path)) writer.Member(key + "Hex", Hexadecimal(path));
}

void WriteId(json::Writer& writer, std::string_view key, std::uint32_t id) {
  if (id == abi::kNoId) {
    writer.Member(key, nullptr);
  } else {
    writer.Member(key, id);
  }
}

void WriteSide(json::Writer& writer, std::string_view key, const struct stat& status) {
  if (status.st_mode == 0) return;
  writer.BeginObject(key);
  writer.Member("type", TypeName(status.st_mode));
  writer.Member("mode", Octal(status.st_mode));
  WriteId(writer, "uid", status.st_uid);
  WriteId(writer, "gid", status.st_gid);
  if (S_ISREG(status.st_mode)) writer.Member("size", static_cast<std::int64_t>(status.st_size));
  writer.End();
}

std::vector<std::string> Differing(const Change& change) {
  std::vector<std::string> names;
  if (change.content) names.emplace_back("contents");
  if (change.target) names.emplace_back("target");
  if (change.mode) names.emplace_back("mode");
  if (change.owner) names.emplace_back("owner");
  if (change.xattrs) names.emplace_back("xattrs");
  return names;
}

}  // namespace

char Letter(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return 'A';
    case ChangeKind::kModified:
      return 'M';
    case ChangeKind::kDeleted:
      return 'D';
    case ChangeKind::kTypeChanged:
      return 'T';
    case ChangeKind::kMetadata:
      return 'm';
  }
  return '?';
}

std::string Octal(mode_t mode) {
  std::string digits;
  for (const unsigned shift : {9U, 6U, 3U, 0U})
    digits += static_cast<char>('0' + (mode >> shift & 7U));
  return digits;
}

std::string ShownPath(const Change& change) {
  const struct stat& status = change.layer.st_mode != 0 ? change.layer : change.real;
  const bool is_directory = S_ISDIR(status.st_mode) && change.path != ".";
  return QuotedName(is_directory ? change.path + "/" : change.path);
}

std::string Details(const Change& change) {
  std::vector<std::string> details;
  const mode_t type = change.layer.st_mode & S_IFMT;
  if (change.kind == ChangeKind::kTypeChanged) {
    details.push_back(std::string(TypeName(change.real.st_mode)) + " to " +
                      std::string(TypeName(change.layer.st_mode)));
  } else if (change.kind == ChangeKind::kAdded && type != S_IFREG && type != S_IFDIR) {
    details.emplace_back(TypeName(change.layer.st_mode));
  }
  for (const std::string& what : Differing(change)) {
    if (what == "mode") {
      details.push_back("mode " + Octal(change.real.st_mode) + " to " +
                        Octal(change.layer.st_mode));
    } else if (what == "owner") {
      details.push_back("owner " + OwnerText(change.real) + " to " + OwnerText(change.layer));
    } else {
      details.push_back(what);
    }
  }
  if (!change.from.empty()) {
    const bool is_renamed = S_ISDIR(change.layer.st_mode) || !change.data.empty();
    details.push_back((is_renamed ? "from " : "same file as ") + QuotedName(change.from));
  }
  if (change.was_hidden) details.emplace_back("hidden from the sandbox");
  return Join(details, ", ");
}

std::string ListLine(const Change& change) {
  std::string line(1, Letter(change.kind));
  line += "  " + ShownPath(change);
  const std::string details = Details(change);
  // An M alone is about contents.
  if (!details.empty() && details != "contents") line += "  (" + details + ")";
  return line;
}

std::string JsonLine(const Change& change, std::string_view tree) {
  json::Writer writer;
  writer.BeginObject();
  writer.Member("change", Name(change.kind));
  WritePath(writer, "tree", tree);
  WritePath(writer, "path", change.path);
  if (!change.from.empty()) WritePath(writer, "from", change.from);
  writer.Member("differs", Differing(change));
  if (change.was_hidden) writer.Member("hidden", true);
  WriteSide(writer, "before", change.real);
  WriteSide(writer, "after", change.layer);
  writer.End();
  return VisibleJson(std::move(writer).Take());
}

}  // namespace agentbox::review
