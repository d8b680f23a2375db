# shellcheck shell=bash
# tool: threads
# does: 100 threads on futexes, robust and priority-inheriting mutexes, barriers, condition variables
# image: base
# version: ldd --version | sed -n 1p
cat >x.c <<'C'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t normal = PTHREAD_MUTEX_INITIALIZER, inheriting;
static pthread_barrier_t barrier;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long count, turns;
static void *work(void *x) {
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < 1000; i++) {
    pthread_mutex_lock(&normal); count++; pthread_mutex_unlock(&normal);
    pthread_mutex_lock(&inheriting); turns++; pthread_mutex_unlock(&inheriting);
    if (i % 100 == 0) { pthread_mutex_lock(&normal); pthread_cond_broadcast(&condition); pthread_mutex_unlock(&normal); }
  }
  return x;
}
int main(void) {
  pthread_mutexattr_t a; pthread_mutexattr_init(&a);
  pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT); pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  if (pthread_mutex_init(&inheriting, &a)) return 2;
  pthread_barrier_init(&barrier, 0, 100);
  pthread_t t[100];
  for (int i = 0; i < 100; i++) if (pthread_create(&t[i], 0, work, 0)) return 3;
  for (int i = 0; i < 100; i++) pthread_join(t[i], 0);
  printf("%ld %ld\n", count, turns);
}
C
gcc -O1 -pthread x.c -o x
for ((i = 0; i < 5; i++)); do
  [[ $(./x) == '100000 100000' ]]
done
