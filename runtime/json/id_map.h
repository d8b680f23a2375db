// Maps of ids as lists of {"container", "host", "count"}, in the records of the runtime's own.
#pragma once

#include <string_view>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"
#include "json/reader.h"
#include "json/writer.h"

namespace agentbox::json {

void WriteIdMap(Writer& writer, std::string_view key, const std::vector<abi::IdMapping>& map);

// One line of a map, for Reader::ObjectList. kInvalidSpec, naming the member that is missing.
Result<abi::IdMapping> ReadIdMapping(const Reader& reader);

}  // namespace agentbox::json
