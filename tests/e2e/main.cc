// The e2e tests' main().
#include <sys/prctl.h>

#include <vector>

#include <boost/test/unit_test.hpp>

int main(int argc, char** argv) {
  // Whatever outlives the runtime becomes this process's child: a leak is seen as one (see
  // NothingLeft).
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Boost.Test takes a child's failure for the case's otherwise, and children of ours fail on
  // purpose.
  std::vector<char*> arguments(argv, argv + argc);
  char no_signals[] = "--catch_system_errors=no";
  arguments.insert(arguments.begin() + 1, no_signals);
  arguments.push_back(nullptr);
  return boost::unit_test::unit_test_main(
      [] { return true; }, static_cast<int>(arguments.size()) - 1, arguments.data());
}
