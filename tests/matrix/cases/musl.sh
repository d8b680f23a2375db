# shellcheck shell=bash
# tool: musl
# does: a static program: clocks, vectors, threads, semaphores, select, as images of Alpine's make them
# image: base
# version: dpkg-query -W -f '${Version}' musl-dev
cat >x.c <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#define CHECK(what) do { if (!(what)) { perror(#what); return 1; } } while (0)
static volatile sig_atomic_t signals;
static void count(int x) { signals += x > 0; }
static void *work(void *x) { raise(SIGUSR1); return x; }
int main(void) {
  struct timespec resolution;
  CHECK(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_nsec > 0);

  char one[4] = "abc", two[4] = "def", first[4], second[4];
  struct iovec out[] = {{one, 3}, {two, 3}}, in[] = {{first, 3}, {second, 3}};
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  CHECK(fd >= 0 && pwritev(fd, out, 2, 10) == 6 && preadv(fd, in, 2, 10) == 6);
  CHECK(!memcmp(first, "abc", 3) && !memcmp(second, "def", 3));
  struct utimbuf times = {1000000000, 1000000000};
  struct stat status;
  CHECK(utime("file", &times) == 0 && stat("file", &status) == 0 && status.st_mtime == 1000000000);

  signal(SIGUSR1, count);
  pthread_t threads[10];
  for (int i = 0; i < 10; i++) CHECK(pthread_create(&threads[i], 0, work, 0) == 0);
  for (int i = 0; i < 10; i++) pthread_join(threads[i], 0);
  CHECK(signals == 10);

  int semaphore = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf up = {0, 1, 0}, down = {0, -1, 0};
  CHECK(semaphore >= 0);
  int pipe_ends[2];
  CHECK(pipe(pipe_ends) == 0);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) { semop(semaphore, &down, 1); _exit(write(pipe_ends[1], "x", 1) != 1); }
  CHECK(semop(semaphore, &up, 1) == 0);
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(pipe_ends[0], &readable);
  struct timeval patience = {10, 0};
  CHECK(select(pipe_ends[0] + 1, &readable, 0, 0, &patience) == 1);
  int end;
  CHECK(waitpid(child, &end, 0) == child && end == 0);
  CHECK(semctl(semaphore, 0, IPC_RMID) == 0);
  puts("musl: all well");
}
C
musl-gcc -static -O2 -o x x.c
[[ $(./x) == 'musl: all well' ]]
