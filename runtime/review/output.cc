#include "review/output.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/process.h"
#include "kernel/signals.h"
#include "kernel/spawn.h"
#include "kernel/tty.h"

namespace agentbox::review {
namespace {

constexpr std::size_t kBuffer = 65536;
constexpr std::string_view kReset = "\x1b[m";

std::string_view Sequence(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kHeading:
      return "\x1b[1m";
    case Style::kPlace:
      return "\x1b[36m";
    case Style::kAdded:
      return "\x1b[32m";
    case Style::kDeleted:
      return "\x1b[31m";
    case Style::kModified:
      return "\x1b[33m";
  }
  return "";
}

bool WantsColors(Coloring coloring, const Environment& environment, bool is_terminal) {
  if (coloring != Coloring::kAuto) return coloring == Coloring::kAlways;
  return is_terminal && !environment.has_no_color && !environment.is_dumb;
}

// That of the caller, and what makes less(1) show colours and end by itself, unless it has options
// already.
std::vector<std::string> PagerEnvironment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  if (::getenv("LESS") == nullptr) variables.emplace_back("LESS=FRX");
  return variables;
}

// As sh(1) ends where it does not find the command, or can not execute it.
bool IsMissing(const kernel::ExitStatus& status) {
  return status.ShellCode() == 127 || status.ShellCode() == 126;
}

Result<void> HandleSignalsOfTerminal(void (*handler)(int)) {
  for (const int signal : {SIGINT, SIGQUIT, SIGPIPE})
    TRY(kernel::HandleSignal(signal, handler));
  return {};
}

}  // namespace

Environment ReadEnvironment() {
  Environment environment;
  const char* const no_color = ::getenv("NO_COLOR");
  environment.has_no_color = no_color != nullptr && *no_color != '\0';
  const char* const terminal = ::getenv("TERM");
  environment.is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  const char* const pager = ::getenv("PAGER");
  environment.has_pager = pager != nullptr;
  if (pager != nullptr) environment.pager = pager;
  return environment;
}

std::string PagerOf(const Environment& environment) {
  if (environment.has_pager) return environment.pager == "cat" ? "" : environment.pager;
  if (environment.is_dumb || !kernel::CheckExecutable("/usr/bin/less")) return "";
  return "/usr/bin/less -FRX";
}

void Progress::Advance() {
  // Asking for the time of each would cost more than the rest.
  constexpr std::uint64_t kStep = 256;
  if (!is_on_ || ++count_ % kStep != 0 || Clock::now() < next_) return;
  next_ = Clock::now() + std::chrono::milliseconds(200);
  is_shown_ = true;
  std::fprintf(stderr, "\r%llu entries ", static_cast<unsigned long long>(count_));
}

void Progress::Clear() {
  if (is_shown_) std::fputs("\r\x1b[K", stderr);
  is_shown_ = false;
}

Output::Output(Coloring coloring, const Environment& environment)
    : is_terminal_(kernel::IsTerminal(STDOUT_FILENO)),
      has_colors_(WantsColors(coloring, environment, is_terminal_)),
      is_exact_(!is_terminal_ && !has_colors_),
      progress_(kernel::IsTerminal(STDERR_FILENO) && !environment.is_dumb) {
  if (!is_terminal_) return;
  pager_ = PagerOf(environment);
  const auto size = kernel::ReadWindowSize(STDOUT_FILENO);
  if (size && size->columns > 0) columns_ = size->columns;
  rows_left_ = size && size->rows > 0 ? size->rows : 24;
}

Output::~Output() {
  progress_.Clear();
  // What ends early leaves the terminal to a pager that still has it.
  if (!pager_process_) return;
  [[maybe_unused]] const auto ended = EndPager();
}

void Output::Head(std::string_view line) {
  head_ = Line(line, Style::kHeading);
}

Result<void> Output::Write(std::string_view text) {
  return head_.empty() ? Put(text) : Put(std::exchange(head_, "").append(text));
}

Result<void> Output::WriteLine(std::string_view line, Style style) {
  return Write(Line(line, style));
}

Result<void> Output::Put(std::string_view text) {
  buffer_ += text;
  if (!pager_.empty()) {
    CountRows(text);
    if (rows_left_ > 1) return {};
    TRY(StartPager());
  }
  return buffer_.size() >= kBuffer ? Flush() : Result<void>();
}

std::string Output::Line(std::string_view line, Style style) const {
  const std::string_view sequence = has_colors_ ? Sequence(style) : "";
  std::string text(sequence);
  text += line;
  if (!sequence.empty()) text += kReset;
  return text + '\n';
}

void Output::CountRows(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::size_t rows = 1 + size / columns_;
    rows_left_ -= static_cast<unsigned>(std::min<std::size_t>(rows, rows_left_));
    text.remove_prefix(size);
  }
}

Result<void> Output::StartPager() {
  const std::string command = std::exchange(pager_, "");
  progress_.Clear();
  kernel::Pipe pipe = TRY(kernel::MakeInputPipe());
  kernel::Program program;
  program.path = "/bin/sh";
  program.args = {"sh", "-c", command};
  program.env = PagerEnvironment();
  program.input = pipe.reader.Get();
  program.output = STDOUT_FILENO;
  program.errors = STDERR_FILENO;
  // It has the terminal's mode to set right.
  program.dies_with_parent = false;
  pager_process_ = TRY(kernel::Spawn(program)).pidfd;
  pipe_ = std::move(pipe.writer);
  // The terminal's signals are the pager's to handle; its end is an error of write(2).
  return HandleSignalsOfTerminal(SIG_IGN);
}

Result<void> Output::WriteToPager() {
  // As much as a pipe has room for (1 MiB where pages are large): a pager that took more has begun.
  constexpr std::size_t kMostInPipe = std::size_t{1} << 20U;
  if (!has_pager_begun_) held_ += buffer_;
  auto written = kernel::WriteAll(pipe_.Get(), buffer_);
  buffer_.clear();
  if (written) {
    has_pager_begun_ = has_pager_begun_ || held_.size() > kMostInPipe;
    if (has_pager_begun_) held_.clear();
    return {};
  }
  if (written.error().Errno() != EPIPE) return written;
  TRY(EndPager());
  is_closed_ = !is_pager_missing_;
  return is_closed_ ? std::move(written) : Result<void>();
}

// What is held is in the pipe, and written now if nothing has read it.
Result<void> Output::EndPager() {
  pipe_.Reset();
  const kernel::ExitStatus status = TRY(kernel::Wait(pager_process_));
  pager_process_.Reset();
  if (has_pager_begun_ || !IsMissing(status)) return {};
  is_pager_missing_ = true;
  TRY(HandleSignalsOfTerminal(SIG_DFL));
  return kernel::WriteAll(STDOUT_FILENO, std::exchange(held_, ""));
}

Result<void> Output::Flush() {
  if (buffer_.empty()) return {};
  if (is_terminal_) {
    progress_.Clear();
    has_written_ = true;
  }
  if (pipe_) return WriteToPager();
  auto written = kernel::WriteAll(STDOUT_FILENO, buffer_);
  buffer_.clear();
  return written;
}

void Output::Advance() {
  if (!has_written_ && !pipe_) progress_.Advance();
}

Result<void> Output::Finish() {
  TRY(Flush());
  progress_.Clear();
  return pager_process_ ? EndPager() : Result<void>();
}

}  // namespace agentbox::review
