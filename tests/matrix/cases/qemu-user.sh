# shellcheck shell=bash
# tool: qemu-user
# does: runs an arm64 program with threads and a child
# image: matrix
# version: qemu-aarch64 --version | sed -n 1p
cat >x.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
static void *work(void *x) { return x; }
int main(void) {
  pthread_t t; void *x = 0; struct utsname u; int status;
  pthread_create(&t, 0, work, &x); pthread_join(t, 0);
  if (!fork()) _exit(7);
  wait(&status); uname(&u);
  printf("%s %d\n", u.machine, WEXITSTATUS(status));
}
C
aarch64-linux-gnu-gcc -static -pthread x.c -o x
[[ $(qemu-aarch64 ./x) == 'aarch64 7' ]]
