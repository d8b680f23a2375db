// What the launcher and the container's init say to each other until init execs.
//
//   launcher (`create`, host namespaces)       init (container namespaces)
//   ------------------------------------       ------------------------------------
//   clone3(2), into the cgroup           -->   waits
//   writes uid_map and gid_map
//   kIdsMapped                           -->
//   makes the root file system                 joins v1 cgroups; new cgroup, network and
//                                              time namespaces
//                                        <--   kNamespacesMade
//   makes the mounts, devices; moves
//   interfaces; sets the clocks
//   kMountsMade + rootfs, mounts         -->   new mount namespace; proc, devpts, mqueue; masks;
//                                              enters the time namespace
//                                        <--   kReadyForHooks       only if there are such hooks
//   runs prestart, createRuntime hooks
//   kHooksRan                            -->   createContainer hooks; pivot_root(2)
//                                        <--   kReady               all is made
//   writes state.json
//   kCreated                             -->   waits at start.sock
//   `create` returns
//
//   starter (`start`)
//   connects to start.sock
//   kStart                               -->   startContainer hooks; the process's identity
//                                        <--   kListener + fd       if the filter has one
//   end of file: execve(2) closed it     <--   execve(2)
//
// The same channel and the last part serve `exec`, whose process is not init:
//
//   joiner (`exec`)                            the process, in the container's namespaces
//   ------------------------------------       ------------------------------------
//   clone3(2), into the cgroup           -->   joins; clones itself into the pid namespace
//                                        <--   kJoined + pidfd      then the first process exits
//   sets limits from outside
//   kStart                               -->   the process's identity, execve(2)
//
// At any point init may send kFailed with an Error and exit; end of file without it means that init
// was killed. If the launcher goes before kCreated, init exits. One message is one packet of a
// SOCK_SEQPACKET socket: a byte, the message's data, and fds.
#pragma once

#include <cstdint>
#include <string_view>

namespace agentbox::init {

enum class Message : std::uint8_t {
  kIdsMapped,
  kNamespacesMade,
  kMountsMade,
  kReadyForHooks,
  kHooksRan,
  kReady,
  kCreated,
  kStart,
  kListener,
  kJoined,
  kFailed,
};

std::string_view Name(Message message);

}  // namespace agentbox::init
