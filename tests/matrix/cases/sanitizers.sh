# shellcheck shell=bash
# tool: gcc sanitizers
# does: ASan, LSan, TSan and UBSan each find the one bug that is there, in C and, with exceptions and threads, in C++
# image: base
# version: gcc -dumpfullversion
finds() { # OPTION TEXT FILE: what is built with OPTION fails, and says TEXT
  local compiler=gcc
  [[ $3 != *.cc ]] || compiler=g++
  "$compiler" -g -O0 -pthread "$1" "$3" -o program
  must_fail ./program >output 2>&1
  grep -q "$2" output
}
cat >use.c <<'C'
#include <stdlib.h>
int main(void) { int *p = malloc(4); *p = 1; free(p); return *(volatile int *)p; }
C
finds -fsanitize=address 'heap-use-after-free' use.c
cat >leak.c <<'C'
#include <stdlib.h>
#include <string.h>
int main(void) { char *p = malloc(77); memset(p, 1, 77); p = 0; return p != 0; }
C
finds -fsanitize=address 'LeakSanitizer: detected memory leaks' leak.c
finds -fsanitize=leak '77 byte(s) leaked' leak.c
cat >race.c <<'C'
#include <pthread.h>
int shared;
static void *add(void *x) { for (int i = 0; i < 1000; i++) shared++; return x; }
int main(void) { pthread_t a, b; pthread_create(&a, 0, add, 0); pthread_create(&b, 0, add, 0);
  pthread_join(a, 0); pthread_join(b, 0); return 0; }
C
finds -fsanitize=thread 'ThreadSanitizer: data race' race.c
cat >shift.c <<'C'
int main(int argc, char **argv) { (void)argv; return (1 << (argc + 40)) != 0; }
C
gcc -fsanitize=undefined -fno-sanitize-recover=all shift.c -o program
must_fail ./program >output 2>&1
grep -q 'runtime error: shift exponent' output
cat >use.cc <<'C'
#include <memory>
#include <stdexcept>
#include <vector>
int main() {
  auto numbers = std::make_unique<std::vector<int>>(3);
  const int* first = numbers->data();
  try { throw std::runtime_error("x"); } catch (const std::exception&) { numbers.reset(); }
  return *first;
}
C
finds -fsanitize=address 'heap-use-after-free' use.cc
cat >race.cc <<'C'
#include <thread>
int shared;
int main() {
  const auto add = [] { for (int i = 0; i < 1000; i++) shared++; };
  std::thread one(add), other(add);
  one.join();
  other.join();
}
C
finds -fsanitize=thread 'ThreadSanitizer: data race' race.cc
cat >index.cc <<'C'
int main(int argc, char**) { const int numbers[3] = {}; return numbers[argc + 2]; }
C
g++ -fsanitize=undefined -fno-sanitize-recover=all index.cc -o program
must_fail ./program >output 2>&1
grep -q 'runtime error: index 3 out of bounds' output
