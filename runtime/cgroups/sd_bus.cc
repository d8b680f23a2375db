#include "cgroups/sd_bus.h"

#include <dlfcn.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <variant>

#include <systemd/sd-bus.h>

#include "base/strings.h"
#include "kernel/deadline.h"

namespace agentbox::cgroups {
namespace {

constexpr const char* kDestination = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kInterface = "org.freedesktop.systemd1.Manager";

// As long as runc waits for a job; a manager that reloads takes seconds.
constexpr std::chrono::milliseconds kJobPatience = std::chrono::seconds(30);

#define AGENTBOX_SD_BUS_FUNCTIONS(X) \
  X(sd_bus_open_system)              \
  X(sd_bus_open_user)                \
  X(sd_bus_flush_close_unref)        \
  X(sd_bus_call)                     \
  X(sd_bus_process)                  \
  X(sd_bus_wait)                     \
  X(sd_bus_match_signal)             \
  X(sd_bus_message_new_method_call)  \
  X(sd_bus_message_append)           \
  X(sd_bus_message_append_array)     \
  X(sd_bus_message_open_container)   \
  X(sd_bus_message_close_container)  \
  X(sd_bus_message_read)             \
  X(sd_bus_message_unref)            \
  X(sd_bus_error_free)

struct Library {
#define AGENTBOX_MEMBER(name) decltype(&::name) name = nullptr;
  AGENTBOX_SD_BUS_FUNCTIONS(AGENTBOX_MEMBER)
#undef AGENTBOX_MEMBER
};

template <typename Function>
bool Find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(handle, name));
  return function != nullptr;
}

Result<Library> LoadLibrary() {
  // Not closed: the process ends soon, and the library keeps state of its own.
  void* const handle = ::dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
  const auto missing = [] {
    const char* const text = ::dlerror();
    return Fail(Error(ErrorKind::kUnsupported,
                      std::string("the systemd cgroup driver needs libsystemd: ") +
                          (text != nullptr ? text : "not found")));
  };
  if (handle == nullptr) return missing();
  Library library;
#define AGENTBOX_FIND(name) \
  if (!Find(handle, #name, library.name)) return missing();
  AGENTBOX_SD_BUS_FUNCTIONS(AGENTBOX_FIND)
#undef AGENTBOX_FIND
  return library;
}

// sd-bus returns negative errnos.
Error FromBus(int result, const std::string& call) {
  return Error::FromErrno(-result).Within(call);
}

// The last job that ended, of those that we are told of.
struct EndedJobs {
  const Library* library = nullptr;
  std::vector<std::pair<std::string, std::string>> results;  // path, and "done" or why not
};

int OnJobRemoved(sd_bus_message* message, void* userdata, sd_bus_error* /*error*/) {
  auto* const jobs = static_cast<EndedJobs*>(userdata);
  std::uint32_t id = 0;
  const char* path = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (jobs->library->sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0) {
    jobs->results.emplace_back(path, result);
  }
  return 0;
}

}  // namespace

struct SystemdManager::Connection {
  Library library;
  sd_bus* bus = nullptr;
  EndedJobs jobs;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (bus != nullptr) library.sd_bus_flush_close_unref(bus);
  }

  // A call's message, owned; empty parts are added by its functions, whose first failure is kept.
  class Message {
   public:
    Message(Connection& connection, const char* member) : connection_(connection), member_(member) {
      Keep(Library().sd_bus_message_new_method_call(
          connection.bus, &message_, kDestination, kPath, kInterface, member));
    }
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;
    ~Message() { Library().sd_bus_message_unref(message_); }

    template <typename... Values>
    void Append(const char* types, Values... values) {
      if (result_ >= 0) Keep(Library().sd_bus_message_append(message_, types, values...));
    }
    void Open(char type, const char* contents) {
      if (result_ >= 0) Keep(Library().sd_bus_message_open_container(message_, type, contents));
    }
    void Close() {
      if (result_ >= 0) Keep(Library().sd_bus_message_close_container(message_));
    }
    void Append(const plan::UnitProperty& property);

    // The path of the job that the call has made, or "" where it makes none.
    Result<std::string> Call(bool makes_job);

   private:
    const struct Library& Library() const { return connection_.library; }
    void Keep(int result) { result_ = result; }
    void AppendBytes(const std::string& name, const std::vector<std::uint8_t>& bytes);

    Connection& connection_;
    const char* member_;
    sd_bus_message* message_ = nullptr;
    int result_ = 0;
  };

  Result<void> Await(const std::string& job, const std::string& what);
};

void SystemdManager::Connection::Message::AppendBytes(const std::string& name,
                                                      const std::vector<std::uint8_t>& bytes) {
  Open('r', "sv");
  Append("s", name.c_str());
  Open('v', "ay");
  if (result_ >= 0) {
    Keep(Library().sd_bus_message_append_array(message_, 'y', bytes.data(), bytes.size()));
  }
  Close();
  Close();
}

void SystemdManager::Connection::Message::Append(const plan::UnitProperty& property) {
  const char* const name = property.name.c_str();
  if (const auto* const flag = std::get_if<bool>(&property.value)) {
    Append("(sv)", name, "b", static_cast<int>(*flag));
  } else if (const auto* const number = std::get_if<std::uint64_t>(&property.value)) {
    Append("(sv)", name, "t", *number);
  } else if (const auto* const text = std::get_if<std::string>(&property.value)) {
    Append("(sv)", name, "s", text->c_str());
  } else if (const auto* const bytes = std::get_if<std::vector<std::uint8_t>>(&property.value)) {
    AppendBytes(property.name, *bytes);
  }
}

Result<std::string> SystemdManager::Connection::Message::Call(bool makes_job) {
  const std::string call = std::string("systemd's ") + member_;
  if (result_ < 0) return Fail(FromBus(result_, call));
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message* reply = nullptr;
  const int result = Library().sd_bus_call(connection_.bus, message_, 0, &error, &reply);
  if (result < 0) {
    Error failure = FromBus(result, call);
    if (error.name != nullptr) {
      const std::string text = error.message != nullptr ? error.message : "";
      failure = std::move(failure).Within(std::string(error.name) + " (" + text + ")");
    }
    Library().sd_bus_error_free(&error);
    return Fail(std::move(failure));
  }
  const char* job = "";
  const int read = makes_job ? Library().sd_bus_message_read(reply, "o", &job) : 0;
  std::string path = read >= 0 ? job : "";
  Library().sd_bus_message_unref(reply);
  if (read < 0) return Fail(FromBus(read, call));
  return path;
}

Result<void> SystemdManager::Connection::Await(const std::string& job, const std::string& what) {
  const kernel::Deadline deadline(kJobPatience);
  for (;;) {
    for (const auto& [path, result] : jobs.results) {
      if (path != job) continue;
      if (result == "done") return {};
      return Fail(Error(ErrorKind::kSystem, what + ": systemd's job ended as " + Quoted(result)));
    }
    const int processed = library.sd_bus_process(bus, nullptr);
    if (processed < 0) return Fail(FromBus(processed, "sd_bus_process(3)"));
    if (processed > 0) continue;
    if (deadline.HasPassed()) return Fail(Error::FromErrno(ETIMEDOUT).Within(what));
    const auto left = std::chrono::microseconds(deadline.Left());
    const int waited = library.sd_bus_wait(bus, static_cast<std::uint64_t>(left.count()));
    if (waited < 0 && waited != -EINTR) return Fail(FromBus(waited, "sd_bus_wait(3)"));
  }
}

SystemdManager::SystemdManager(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
SystemdManager::SystemdManager(SystemdManager&&) noexcept = default;
SystemdManager& SystemdManager::operator=(SystemdManager&&) noexcept = default;
SystemdManager::~SystemdManager() = default;

Result<SystemdManager> SystemdManager::Connect(bool user_bus) {
  auto connection = std::make_unique<Connection>();
  connection->library = TRY(LoadLibrary());
  const Library& library = connection->library;
  connection->jobs.library = &library;
  const int opened = user_bus ? library.sd_bus_open_user(&connection->bus)
                              : library.sd_bus_open_system(&connection->bus);
  if (opened < 0) {
    return Fail(
        FromBus(opened, user_bus ? "the D-Bus of the user's systemd" : "the system's D-Bus"));
  }
  const int matched = library.sd_bus_match_signal(connection->bus,
                                                  nullptr,
                                                  kDestination,
                                                  kPath,
                                                  kInterface,
                                                  "JobRemoved",
                                                  OnJobRemoved,
                                                  &connection->jobs);
  if (matched < 0) return Fail(FromBus(matched, "sd_bus_match_signal(3)"));
  return SystemdManager(std::move(connection));
}

Result<void> SystemdManager::StartScope(const Scope& scope) {
  const auto start = [this, &scope]() -> Result<std::string> {
    Connection::Message message(*connection_, "StartTransientUnit");
    message.Append("ss", scope.name.c_str(), "fail");
    message.Open('a', "(sv)");
    message.Append("(sv)", "Description", "s", ("agentbox container " + scope.name).c_str());
    message.Append("(sv)", "Slice", "s", scope.slice.c_str());
    message.Append("(sv)", "PIDs", "au", 1, static_cast<std::uint32_t>(scope.pid));
    // What is below is ours; systemd keeps its hands off, and takes away a failed scope by itself.
    message.Append("(sv)", "Delegate", "b", 1);
    message.Append("(sv)", "DefaultDependencies", "b", 0);
    message.Append("(sv)", "CollectMode", "s", "inactive-or-failed");
    for (const char* const counted :
         {"CPUAccounting", "MemoryAccounting", "TasksAccounting", "IOAccounting"}) {
      message.Append("(sv)", counted, "b", 1);
    }
    for (const plan::UnitProperty& property : scope.properties)
      message.Append(property);
    message.Close();
    message.Append("a(sa(sv))", 0);
    return message.Call(/*makes_job=*/true);
  };
  auto job = start();
  if (!job && job.error().Errno() == EEXIST) {
    Connection::Message reset(*connection_, "ResetFailedUnit");
    reset.Append("s", scope.name.c_str());
    [[maybe_unused]] const auto cleared = reset.Call(/*makes_job=*/false);
    job = start();
  }
  if (!job) return Fail(std::move(job).error().Within(scope.name));
  return connection_->Await(*job, "start of " + scope.name);
}

Result<void> SystemdManager::SetProperties(const std::string& unit,
                                           const std::vector<plan::UnitProperty>& properties) {
  if (properties.empty()) return {};
  Connection::Message message(*connection_, "SetUnitProperties");
  message.Append("sb", unit.c_str(), 1);
  message.Open('a', "(sv)");
  for (const plan::UnitProperty& property : properties)
    message.Append(property);
  message.Close();
  TRY_WITHIN(message.Call(/*makes_job=*/false), unit);
  return {};
}

Result<void> SystemdManager::Stop(const std::string& unit) {
  Connection::Message message(*connection_, "StopUnit");
  message.Append("ss", unit.c_str(), "replace");
  auto job = message.Call(/*makes_job=*/true);
  // NoSuchUnit is ENOENT to sd-bus.
  if (!job && job.error().Errno() == ENOENT) return {};
  if (!job) return Fail(std::move(job).error().Within(unit));
  return connection_->Await(*job, "stop of " + unit);
}

}  // namespace agentbox::cgroups
