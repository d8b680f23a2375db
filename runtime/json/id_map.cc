#include "json/id_map.h"

#include <cstdint>

namespace agentbox::json {

void WriteIdMap(Writer& writer, std::string_view key, const std::vector<abi::IdMapping>& map) {
  writer.BeginList(key);
  for (const abi::IdMapping& line : map) {
    writer.BeginObject();
    writer.Member("container", line.container);
    writer.Member("host", line.host);
    writer.Member("count", line.count);
    writer.End();
  }
  writer.End();
}

Result<abi::IdMapping> ReadIdMapping(const Reader& reader) {
  abi::IdMapping mapping;
  mapping.container = TRY(reader.Required<std::uint32_t>("container"));
  mapping.host = TRY(reader.Required<std::uint32_t>("host"));
  mapping.count = TRY(reader.Required<std::uint32_t>("count"));
  return mapping;
}

}  // namespace agentbox::json
