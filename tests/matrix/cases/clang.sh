# shellcheck shell=bash
# tool: clang
# does: C++ with -flto=thin and lld, mold, clang-tidy, clang-format
# image: dev
# version: clang --version | sed -n 1p
cat >x.cc <<'C'
#include <cstdio>
#include <string>
#include <unordered_map>
int main() { std::unordered_map<std::string, int> m; for (int i = 0; i < 1000; i++) m[std::to_string(i)] = i;
std::printf("%zu %d\n", m.size(), m["77"]); }
C
clang++ -std=c++20 -O2 -flto=thin -fuse-ld=lld x.cc -o x
[[ $(./x) == '1000 77' ]]
clang++ -O1 x.cc -fuse-ld=mold -o y
[[ $(./y) == '1000 77' ]]
clang-format -i x.cc
[[ $(wc -l <x.cc) -gt 7 ]]
clang-tidy --quiet --checks='-*,misc-unused-parameters' x.cc -- -std=c++20
