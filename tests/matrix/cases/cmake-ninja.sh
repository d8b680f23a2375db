# shellcheck shell=bash
# tool: cmake, ninja
# does: configures, builds with ninja, runs ctest, installs
# image: base
# version: cmake --version | sed -n 1p
cat >CMakeLists.txt <<'C'
cmake_minimum_required(VERSION 3.20)
project(example LANGUAGES C CXX)
find_package(Threads REQUIRED)
include(CheckFunctionExists)
check_function_exists(memfd_create HAS_MEMFD)
if(NOT HAS_MEMFD)
  message(FATAL_ERROR "no memfd_create")
endif()
add_library(part SHARED part.c)
add_executable(example main.cc)
target_link_libraries(example part Threads::Threads)
enable_testing()
add_test(NAME answer COMMAND example 42)
add_test(NAME no COMMAND example 41)
set_tests_properties(no PROPERTIES WILL_FAIL TRUE)
install(TARGETS example part)
C
echo 'int answer(void) { return 42; }' >part.c
cat >main.cc <<'C'
#include <cstdlib>
extern "C" int answer(void);
int main(int, char** argv) { return std::atoi(argv[1]) == answer() ? 0 : 1; }
C
cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release
cmake --build build --parallel 4
ctest --test-dir build --output-on-failure -j2
cmake --install build --prefix "$PWD/installed"
LD_LIBRARY_PATH=installed/lib installed/bin/example 42
