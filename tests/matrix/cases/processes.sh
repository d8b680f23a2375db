# shellcheck shell=bash
# tool: processes
# does: forks until the limit of 8192, which is met with EAGAIN, and is well afterwards
# image: base
# version: uname -r
# runc: fails
# because: Docker sets no limit of processes
cat >x.c <<'C'
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  int ends[2], count = 0, failed = 0;
  if (pipe(ends)) return 2;
  while (count < 10000 && !failed) {
    const pid_t pid = fork();
    if (pid == 0) { char c; close(ends[1]); _exit(read(ends[0], &c, 1) != 0); } /* until all are there */
    if (pid < 0) failed = errno; else count++;
  }
  close(ends[1]);
  int well = 0, status;
  while (wait(&status) > 0) well += status == 0;
  printf("%d %d %d\n", count, well, failed);
  return !(count > 8000 && count <= 8192 && well == count && failed == EAGAIN);
}
C
gcc -static x.c -o x
./x
for ((i = 0; i < 300; i++)); do /bin/true; done
