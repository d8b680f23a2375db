# shellcheck shell=bash
# tool: ltrace
# does: shows the calls of a program to libc
# image: dev
# version: ltrace --version | sed -n 1p
echo '#include <stdlib.h>
#include <string.h>
int main(int c, char **v) { (void)c; char *p = malloc(123); strcpy(p, v[0]); free(p); return 0; }' >x.c
gcc -O0 -no-pie -Wl,-z,lazy -fcf-protection=none x.c -o x
ltrace -o log ./x
grep -q '^malloc(123)' log
