# shellcheck shell=bash
# tool: gcc
# does: C and C++ with -O2 -flto over three files, static and shared, runs them
# image: base
# version: gcc -dumpfullversion
cat >sum.c <<'C'
long sum(const long *v, int n) { long s = 0; for (int i = 0; i < n; i++) s += v[i]; return s; }
C
cat >main.c <<'C'
#include <stdio.h>
long sum(const long *, int);
int main(void) { long v[1000]; for (int i = 0; i < 1000; i++) v[i] = i; printf("%ld\n", sum(v, 1000)); }
C
gcc -O2 -flto=2 -Wall -Werror main.c sum.c -o plain
gcc -O2 -flto=2 -static main.c sum.c -o static
gcc -O2 -fPIC -shared sum.c -o libsum.so
gcc -O2 main.c -L. -lsum -Wl,-rpath,"$PWD" -o shared
for program in plain static shared; do
  [[ $(./$program) == 499500 ]]
done
cat >main.cc <<'C'
#include <algorithm>
#include <iostream>
#include <regex>
#include <thread>
#include <vector>
int main() {
  std::vector<int> v(100000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) threads.emplace_back([&, t] { for (int i = t; i < 100000; i += 4) v[i] = 100000 - i; });
  for (auto& it : threads) it.join();
  std::sort(v.begin(), v.end());
  try { throw std::runtime_error("thrown"); } catch (const std::exception& e) { std::cout << e.what(); }
  std::cout << ' ' << v[0] << ' ' << std::regex_match("abc", std::regex("a.c")) << '\n';
}
C
g++ -std=c++20 -O1 -flto -pthread main.cc -o cc
[[ $(./cc) == 'thrown 1 1' ]]
