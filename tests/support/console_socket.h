// The engine's side of --console-socket: where a terminal is sent, and the terminal once it is
// here.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace agentbox::test {

class ConsoleSocket {
 public:
  explicit ConsoleSocket(std::string path);

  const std::string& Path() const { return path_; }
  // The descriptor that came with the one message, whose text is put into `name`; empty: none came.
  UniqueFd Receive(std::string& name) const;

 private:
  std::string path_;
  UniqueFd listener_;
};

class ReceivedTerminal {
 public:
  explicit ReceivedTerminal(UniqueFd controller) : controller_(std::move(controller)) {}

  void Type(const std::string& text) const;
  // Whether `text` appeared before the deadline; what came before it is forgotten.
  bool Expect(const std::string& text);

 private:
  UniqueFd controller_;
  std::string text_;
};

}  // namespace agentbox::test
