// What files of cgroups say: a number, "max", or keys with numbers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::cgroups {

// The number that `text` is; UINT64_MAX for "max". Nothing if it is none.
std::optional<std::uint64_t> ReadNumber(std::string_view text);

// The number in the file; nothing where the kernel has no such file, or no number is in it.
Result<std::optional<std::uint64_t>> ReadNumberFile(int directory, const std::string& file);

// For statistics, where what the kernel does not tell is nothing: an empty text, no lines, 0.
std::string TextOf(int directory, const std::string& file);
std::vector<std::string> LinesOf(int directory, const std::string& file);
std::uint64_t NumberOf(int directory, const std::string& file);

// Of lines such as "populated 1": the numbers by their keys.
std::map<std::string, std::uint64_t> NumbersByKey(int directory, const std::string& file);

// The number after `key` in such lines.
std::optional<std::uint64_t> FindKey(std::string_view text, std::string_view key);

// FindKey of what the open `file` says now; nothing where its cgroup is gone.
Result<std::optional<std::uint64_t>> ReadKeyAgain(const UniqueFd& file, std::string_view key);

}  // namespace agentbox::cgroups
