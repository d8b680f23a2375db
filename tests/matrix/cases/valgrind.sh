# shellcheck shell=bash
# tool: valgrind
# does: memcheck finds a leak and a read of freed memory; callgrind counts
# image: dev
# version: valgrind --version
echo '#include <stdlib.h>
int main(void) { volatile char *p = malloc(55), *q = malloc(7); p[0] = q[0] = 1; free((void *)q); p = 0; return q[0] == 77; }' >x.c
gcc -g -O0 x.c -o x
valgrind --leak-check=full ./x 2>log
grep -q 'Invalid read of size 1' log
grep -q 'definitely lost: 55 bytes in 1 blocks' log
valgrind --tool=callgrind --callgrind-out-file=out ./x 2>/dev/null
grep -q '^fn=.*main' out
