#include "review/exchange_note.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "kernel/file.h"

namespace agentbox::review {
namespace {

// As it is in the file, which no other machine reads; then the path, which a NUL ends: without one
// the note is half of one.
using Statuses = std::array<struct stat, 3>;

}  // namespace

// Not waited for until it is on disk. Where the power fails in the moment of an exchange, there may
// be no note of what is left of it, which then stays.
Result<void> ExchangeNote::Write(const Exchanged& exchanged) const {
  const Statuses statuses = {exchanged.before, exchanged.made, exchanged.directory};
  std::string text(sizeof(Statuses), '\0');
  std::memcpy(text.data(), statuses.data(), sizeof(Statuses));
  text += exchanged.path;
  text += '\0';
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const UniqueFd file = TRY(kernel::Open(directory_, name_, kNew, S_IRUSR | S_IWUSR));
  return kernel::WriteAll(file.Get(), text);
}

Result<bool> ExchangeNote::IsThere() const {
  return kernel::Exists(directory_, name_);
}

Result<std::optional<Exchanged>> ExchangeNote::Read() const {
  const auto text = kernel::ReadFile(directory_, name_);
  if (!text && text.error().Errno() == ENOENT) return std::optional<Exchanged>();
  if (!text) return Fail(text.error());
  if (text->size() <= sizeof(Statuses) || text->back() != '\0') return std::optional<Exchanged>();
  Statuses statuses;
  std::memcpy(statuses.data(), text->data(), sizeof(Statuses));
  return std::optional(Exchanged{.path = text->substr(sizeof(Statuses)).c_str(),
                                 .before = statuses[0],
                                 .made = statuses[1],
                                 .directory = statuses[2]});
}

Result<void> ExchangeNote::Remove() const {
  return kernel::RemoveFile(directory_, name_);
}

}  // namespace agentbox::review
