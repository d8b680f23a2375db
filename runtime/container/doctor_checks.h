// The examinations of `doctor`, by subject.
#pragma once

#include <unistd.h>

#include <vector>

#include "container/doctor.h"
#include "kernel/file.h"
#include "kernel/process.h"
#include "kernel/spawn.h"

namespace agentbox::container {

std::vector<Finding> ExamineKernel();  // version, namespaces, mounts, seccomp
std::vector<Finding> ExamineScratch(const Runtime& runtime);  // overlay, idmaps, space
std::vector<Finding> ExamineIds();                            // subordinate ids, newuidmap
std::vector<Finding> ExamineCgroups();
std::vector<Finding> ExaminePrograms(const Runtime& runtime);  // pasta, libraries, policy
std::vector<Finding> ExamineOptional();  // resctrl, memory policy, device filters, systemd

// `finding` as it is when `tried` succeeded, or missing with the error as its detail.
Finding Judge(Finding finding, const Result<void>& tried);

// What `act` returns in a child, which may change its namespaces and ids.
template <typename Act>
Result<void> InChild(const Act& act) {
  kernel::Pipe report = TRY(kernel::MakePipe());
  const kernel::Child child = TRY(kernel::Clone(0));
  if (child.pid == 0) {
    const Result<void> result = act();
    if (!result) {
      [[maybe_unused]] const auto sent =
          kernel::WriteAll(report.writer.Get(), result.error().Encode());
    }
    ::_exit(0);
  }
  report.writer.Reset();
  TRY(kernel::Wait(child.pidfd));
  const auto bytes = TRY(kernel::ReadSome(report.reader.Get()));
  if (bytes && !bytes->empty()) return Fail(Error::Decode(*bytes));
  return {};
}

}  // namespace agentbox::container
