# shellcheck shell=bash
# tool: meson
# does: sets a project up, compiles, tests in parallel
# image: base
# version: meson --version
cat >meson.build <<'M'
project('example', 'c', 'cpp')
cc = meson.get_compiler('c')
assert(cc.has_function('getrandom'))
part = static_library('part', 'part.c')
foreach n : ['1', '2', '3', '4']
  test('case ' + n, executable('e' + n, 'main.c', c_args: '-DN=' + n, link_with: part), args: n)
endforeach
M
echo 'int twice(int x) { return 2 * x; }' >part.c
cat >main.c <<'C'
#include <stdlib.h>
int twice(int);
int main(int argc, char **argv) { return argc == 2 && twice(atoi(argv[1])) == 2 * N ? 0 : 1; }
C
meson setup build
meson compile -C build
meson test -C build | tee report
grep -q '^Ok: *4' report
