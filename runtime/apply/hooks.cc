#include "apply/hooks.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <optional>

#include "base/strings.h"
#include "kernel/process.h"
#include "kernel/spawn.h"

namespace agentbox::apply {
namespace {

using Clock = std::chrono::steady_clock;

// The end of what a hook wrote to its standard output and error: that is where the reason is.
class Output {
 public:
  explicit Output(UniqueFd reader) : reader_(std::move(reader)) {}

  int Get() const { return reader_.Get(); }

  // Reads some of what there is; false where there is nothing now, or nothing more to come.
  Result<bool> Read() {
    const std::optional<std::string> more = TRY(kernel::ReadSome(reader_.Get()));
    if (!more) reader_.Reset();
    if (!more || more->empty()) return false;
    text_ += *more;
    if (text_.size() > kLimit) text_.erase(0, text_.size() - kLimit);
    return true;
  }

  // What a process that has ended left in the pipe; children of its may go on writing.
  Result<void> ReadRest() {
    constexpr int kReadsOfAFullPipe = 16;
    for (int i = 0; i < kReadsOfAFullPipe && reader_; ++i) {
      const bool is_more = TRY(Read());
      if (!is_more) break;
    }
    return {};
  }

  // `: "..."`, on one line, or nothing.
  std::string AfterColon() const {
    const std::string_view text = Trimmed(text_);
    return text.empty() ? "" : ": " + Quoted(text);
  }

 private:
  static constexpr std::size_t kLimit = 2048;
  UniqueFd reader_;
  std::string text_;
};

int Milliseconds(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, INT_MAX));
}

// Until the process has ended, or `deadline`; then it is killed, and the result false.
Result<bool> Await(const UniqueFd& pidfd,
                   std::optional<Clock::time_point> deadline,
                   Output& output) {
  for (;;) {
    const int milliseconds = deadline ? Milliseconds(*deadline) : -1;
    const kernel::Readable readable =
        TRY(kernel::WaitForEither(pidfd.Get(), output.Get(), milliseconds));
    if (readable == kernel::Readable::kFirst) break;
    if (deadline && Clock::now() >= *deadline) {
      TRY(kernel::SendSignal(pidfd, SIGKILL));
      return false;
    }
    if (readable == kernel::Readable::kSecond) TRY(output.Read());
  }
  TRY(output.ReadRest());
  return true;
}

std::string EndOf(const kernel::ExitStatus& status) {
  if (status.signal == 0) return "exited with " + std::to_string(status.code);
  const char* const name = ::sigabbrev_np(status.signal);
  return "was killed by " +
         (name != nullptr ? "SIG" + std::string(name) : std::to_string(status.signal));
}

Result<void> RunHook(const plan::HookStep& hook, const HookSurroundings& surroundings) {
  const UniqueFd state = TRY(kernel::SealedFile("state", surroundings.state));
  kernel::Pipe pipe = TRY(kernel::MakePipe());
  const kernel::Child child = TRY(kernel::Spawn({
      .path = hook.path,
      .args = hook.args,
      .env = hook.env,
      .directory = surroundings.directory,
      .mount_namespace = surroundings.mount_namespace,
      .input = state.Get(),
      .output = pipe.writer.Get(),
      .errors = pipe.writer.Get(),
  }));
  pipe.writer.Reset();

  std::optional<Clock::time_point> deadline;
  if (hook.timeout > 0) {
    // Bounded, as the clock's nanoseconds would not hold any number of seconds.
    constexpr std::int64_t kYear = 365L * 24 * 3600;
    deadline = Clock::now() + std::chrono::seconds(std::min(hook.timeout, kYear));
  }
  Output output(std::move(pipe.reader));
  const bool is_in_time = TRY(Await(child.pidfd, deadline, output));
  const kernel::ExitStatus status = TRY(kernel::Wait(child.pidfd));
  if (is_in_time && status.code == 0 && status.signal == 0) return {};
  const std::string end =
      is_in_time ? EndOf(status)
                 : "was killed as it did not end within " + std::to_string(hook.timeout) + " s";
  return Fail(Error(ErrorKind::kSystem, end + output.AfterColon()));
}

std::string NameOf(const plan::HookStep& hook) {
  return hook.origin + " (" + hook.path + ")";
}

}  // namespace

Result<void> RunHooks(const std::vector<plan::HookStep>& hooks,
                      const HookSurroundings& surroundings) {
  for (const plan::HookStep& hook : hooks)
    TRY_WITHIN(RunHook(hook, surroundings), NameOf(hook));
  return {};
}

std::vector<Error> TryHooks(const std::vector<plan::HookStep>& hooks,
                            const HookSurroundings& surroundings) {
  std::vector<Error> errors;
  for (const plan::HookStep& hook : hooks) {
    auto run = RunHook(hook, surroundings);
    if (!run) errors.push_back(std::move(run).error().Within(NameOf(hook)));
  }
  return errors;
}

}  // namespace agentbox::apply
