#include "container/template_record.h"

#include <algorithm>

#include "base/strings.h"
#include "json/id_map.h"
#include "json/reader.h"
#include "json/writer.h"

namespace agentbox::container {
namespace {

constexpr std::size_t kLongestName = 100;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsOfName(char c) {
  return IsLetterOrDigit(c) || c == '_' || c == '+' || c == '.' || c == '-';
}

Result<TemplateRecord> Read(const json::Reader& reader) {
  TemplateRecord record;
  record.name = TRY(reader.Required<std::string>("name"));
  record.parent = TRY(reader.Required<std::string>("parent"));
  record.image = TRY(reader.Required<std::string>("image"));
  record.system = TRY(reader.OptionalOr<std::string>("system", ""));
  record.command = TRY(reader.OptionalList<std::string>("command"));
  record.container = TRY(reader.Required<std::string>("container"));
  record.created = TRY(reader.Required<std::string>("created"));
  record.maps.uids = TRY(reader.ObjectList("uidMap", json::ReadIdMapping));
  record.maps.gids = TRY(reader.ObjectList("gidMap", json::ReadIdMapping));
  record.uses_user_xattrs = TRY(reader.Required<bool>("usesUserXattrs"));
  record.size = TRY(reader.Required<std::uint64_t>("size"));
  record.files = TRY(reader.Required<std::uint64_t>("files"));
  return record;
}

}  // namespace

std::string ToJson(const TemplateRecord& record) {
  json::Writer writer;
  writer.BeginObject();
  writer.Member("name", record.name);
  writer.Member("parent", record.parent);
  writer.Member("image", record.image);
  writer.Member("system", record.system);
  writer.Member("command", record.command);
  writer.Member("container", record.container);
  writer.Member("created", record.created);
  json::WriteIdMap(writer, "uidMap", record.maps.uids);
  json::WriteIdMap(writer, "gidMap", record.maps.gids);
  writer.Member("usesUserXattrs", record.uses_user_xattrs);
  writer.Member("size", record.size);
  writer.Member("files", record.files);
  writer.End();
  return std::move(writer).Take();
}

Result<TemplateRecord> ReadTemplateRecord(std::string_view text) {
  std::vector<std::string> unknown;
  return json::ReadText(text, unknown, Read);
}

Result<void> CheckTemplateName(const std::string& name) {
  const bool is_name = !name.empty() && name.size() <= kLongestName &&
                       IsLetterOrDigit(name.front()) && std::ranges::all_of(name, IsOfName);
  if (is_name) return {};
  return Fail(Error(ErrorKind::kUsage,
                    "a template can not be named " + Quoted(name.substr(0, kLongestName)) +
                        ": expected 1 to 100 of A-Z a-z 0-9 _ + . -, a letter or digit first"));
}

}  // namespace agentbox::container
