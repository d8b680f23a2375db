# shellcheck shell=bash
# tool: gdb
# does: run with ASLR off, break, watch, step, change a variable, attach to a running process
# image: base
# version: gdb --version | sed -n 1p
# runc: fails
# because: Docker's default profile refuses personality(ADDR_NO_RANDOMIZE)
cat >x.c <<'C'
#include <stdio.h>
#include <unistd.h>
volatile int count;
static int twice(int x) { count += x; return 2 * x; }
int main(int argc, char **argv) { (void)argv;
  if (argc > 1 && puts("up") && !fflush(stdout)) for (;;) { usleep(1000); count++; }
  int y = twice(21);
  printf("y is %d\n", y); return 0; }
C
gcc -g -O0 x.c -o x
gdb -batch -nx -ex 'break twice' -ex 'run' -ex 'print x' -ex 'info proc mappings' -ex 'watch count' -ex 'continue' \
  -ex 'delete' -ex 'finish' -ex 'next' -ex 'set var y = 7' -ex 'continue' ./x >output 2>&1
cat output
grep -q '^\$1 = 21' output
grep -q '^New value = 21' output
grep -q '^y is 7' output
grep -q '0x555555554000' output # where programs are with ASLR off
must_fail grep -q 'Error disabling address space randomization' output
./x forever >said &
pid=$!
wait_for grep up said
gdb -batch -nx -p $pid -ex 'set var count = -1000000' -ex 'backtrace' -ex 'detach' >output 2>&1
grep -q 'main (argc=2' output
kill -0 $pid
kill $pid
