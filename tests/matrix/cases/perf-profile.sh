# shellcheck shell=bash
# tool: perf
# does: perf stat and record of the user space of one's own processes
# image: dev
# version: perf --version
# profile: debug
# runc: fails
# because: Docker's default profile refuses perf_event_open
echo 'int main(void) { volatile long x = 0; for (long i = 0; i < 100000000; i++) x += i; return 0; }' >x.c
gcc -O0 x.c -o x
perf stat -e task-clock:u,page-faults:u -o counts ./x
grep -qE '^ +[0-9]+ +page-faults:u' counts
perf record -q -e cpu-clock:u -o data ./x
perf report -i data --stdio 2>/dev/null | has -E '[0-9.]+% +x +x +.*main'
