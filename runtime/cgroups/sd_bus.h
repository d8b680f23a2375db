// systemd's manager over D-Bus, by libsystemd's sd-bus, which is loaded at first use: only hosts
// that use the systemd driver pay for it. org.freedesktop.systemd1(5).
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "plan/cgroups.h"

namespace agentbox::cgroups {

class SystemdManager {
 public:
  // The system's manager, or that of the invoking user. kUnsupported without libsystemd.
  static Result<SystemdManager> Connect(bool user_bus);

  SystemdManager(SystemdManager&&) noexcept;
  SystemdManager& operator=(SystemdManager&&) noexcept;
  ~SystemdManager();

  struct Scope {
    std::string name;   // "docker-abc.scope"
    std::string slice;  // "system.slice"
    pid_t pid = 0;
    std::vector<plan::UnitProperty> properties;
  };

  // Makes the scope with the process in it, delegated to us, and waits until that is done. A unit
  // of that name that failed before is cleared away.
  Result<void> StartScope(const Scope& scope);

  // Until the next boot at most.
  Result<void> SetProperties(const std::string& unit,
                             const std::vector<plan::UnitProperty>& properties);

  // Waits until it is gone. No error if there is none.
  Result<void> Stop(const std::string& unit);

 private:
  struct Connection;
  explicit SystemdManager(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace agentbox::cgroups
