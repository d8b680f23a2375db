#include "review/record.h"

#include "base/strings.h"
#include "json/id_map.h"
#include "json/reader.h"
#include "json/writer.h"

namespace agentbox::review {
namespace {

using Strings = std::vector<std::string>;

constexpr std::string_view kHex = "0123456789abcdef";
constexpr int kBase = 16;

// JSON is UTF-8, and a path need not be: what is none is written "\xNN", a backslash twice.
std::string Escaped(const std::string& path) {
  std::string text;
  for (std::size_t i = 0; i < path.size();) {
    const std::size_t length = SequenceLength(std::string_view(path).substr(i));
    const auto byte = static_cast<unsigned char>(path[i]);
    if (byte == '\\') {
      text += "\\\\";
    } else if (length == 0) {
      text += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xfU]};
    } else {
      text += path.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return text;
}

Result<std::string> Unescaped(const std::string& text, const std::string& at) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      path += text[i];
      continue;
    }
    if (text.compare(i + 1, 1, "\\") == 0) {
      path += '\\';
      ++i;
      continue;
    }
    const std::string digits = text.compare(i + 1, 1, "x") == 0 ? text.substr(i + 2, 2) : "";
    const auto byte = ParseNumber<unsigned char>(digits, kBase);
    if (digits.size() != 2 || !byte) {
      return Fail(json::Invalid(at, "a backslash is followed by neither a backslash nor xNN"));
    }
    path += static_cast<char>(*byte);
    i += 3;
  }
  return path;
}

Strings EscapedAll(const Strings& paths) {
  Strings texts;
  texts.reserve(paths.size());
  for (const std::string& path : paths)
    texts.push_back(Escaped(path));
  return texts;
}

Result<std::string> ReadPath(const json::Reader& reader, std::string_view key) {
  const std::string text = TRY(reader.Required<std::string>(key));
  return Unescaped(text, reader.PathOf(key));
}

Result<Strings> ReadPaths(const json::Reader& reader, std::string_view key) {
  Strings paths;
  for (const std::string& text : TRY(reader.OptionalList<std::string>(key))) {
    paths.push_back(TRY(Unescaped(text, reader.PathOf(key))));
  }
  return paths;
}

Result<Identity> ReadIdentity(const json::Reader& reader) {
  Identity identity;
  identity.filesystem = TRY(reader.Required<std::string>("filesystem"));
  identity.id = TRY(reader.OptionalOr<std::string>("id", ""));
  identity.handle = TRY(reader.OptionalOr<std::string>("handle", ""));
  return identity;
}

Result<ReviewedMount> ReadMount(const json::Reader& reader) {
  ReviewedMount mount;
  mount.destination = TRY(ReadPath(reader, "destination"));
  mount.source = TRY(ReadPath(reader, "source"));
  const std::string file = TRY(reader.OptionalOr<std::string>("file", ""));
  mount.file = TRY(Unescaped(file, reader.PathOf("file")));
  mount.directory = TRY(reader.Required<std::string>("directory"));
  // Records of earlier versions have none.
  mount.identity = TRY(reader.OptionalObject("identity", ReadIdentity)).value_or(Identity());
  mount.hidden = TRY(ReadPaths(reader, "hidden"));
  mount.emptied = TRY(ReadPaths(reader, "emptied"));
  return mount;
}

Result<Record> ReadRecord(const json::Reader& reader) {
  Record record;
  record.name = TRY(reader.Required<std::string>("name"));
  record.container = TRY(reader.Required<std::string>("container"));
  record.state_root = TRY(ReadPath(reader, "stateRoot"));
  record.command = TRY(reader.OptionalList<std::string>("command"));
  record.started = TRY(reader.Required<std::int64_t>("started"));
  record.maps.uids = TRY(reader.ObjectList("uidMap", json::ReadIdMapping));
  record.maps.gids = TRY(reader.ObjectList("gidMap", json::ReadIdMapping));
  record.uses_user_xattrs = TRY(reader.Required<bool>("usesUserXattrs"));
  record.is_in_image = TRY(reader.OptionalOr<bool>("isInImage", false));
  record.mounts = TRY(reader.ObjectList("mounts", ReadMount));
  return record;
}

void WriteMount(json::Writer& writer, const ReviewedMount& mount) {
  writer.BeginObject();
  writer.Member("destination", Escaped(mount.destination));
  writer.Member("source", Escaped(mount.source));
  if (!mount.file.empty()) writer.Member("file", Escaped(mount.file));
  writer.Member("directory", mount.directory);
  if (!mount.identity.filesystem.empty()) {
    writer.BeginObject("identity");
    writer.Member("filesystem", mount.identity.filesystem);
    writer.Member("id", mount.identity.id);
    writer.Member("handle", mount.identity.handle);
    writer.End();
  }
  writer.Member("hidden", EscapedAll(mount.hidden));
  writer.Member("emptied", EscapedAll(mount.emptied));
  writer.End();
}

}  // namespace

std::string ReviewedMount::Shown() const {
  if (file.empty()) return source;
  return source == "/" ? source + file : source + "/" + file;
}

std::string ToJson(const Record& record) {
  json::Writer writer("  ");
  writer.BeginObject();
  writer.Member("name", record.name);
  writer.Member("container", record.container);
  writer.Member("stateRoot", Escaped(record.state_root));
  writer.Member("command", record.command);
  writer.Member("started", record.started);
  json::WriteIdMap(writer, "uidMap", record.maps.uids);
  json::WriteIdMap(writer, "gidMap", record.maps.gids);
  writer.Member("usesUserXattrs", record.uses_user_xattrs);
  writer.Member("isInImage", record.is_in_image);
  writer.BeginList("mounts");
  for (const ReviewedMount& mount : record.mounts)
    WriteMount(writer, mount);
  writer.End();
  writer.End();
  return std::move(writer).Take();
}

Result<Record> FromJson(std::string_view text) {
  std::vector<std::string> unknown;
  return json::ReadText(text, unknown, ReadRecord);
}

}  // namespace agentbox::review
