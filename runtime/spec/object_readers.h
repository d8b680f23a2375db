// One function for each object of config.json that another file's objects contain. They check types
// and names of enumerations; validate.h has the rest.
#pragma once

#include <vector>

#include "base/error.h"
#include "json/reader.h"
#include "spec/config.h"

namespace agentbox::spec {

Result<Process> ReadProcessObject(const json::Reader& object);
Result<Linux> ReadLinuxObject(const json::Reader& object);
Result<Resources> ReadResourcesObject(const json::Reader& object);
Result<Seccomp> ReadSeccompObject(const json::Reader& object);
Result<abi::IdMapping> ReadIdMapping(const json::Reader& object);

}  // namespace agentbox::spec
