# shellcheck shell=bash
# tool: strace
# does: -f over children, -c, attaches, tampers with a call, with --seccomp-bpf
# image: base
# version: strace --version | sed -n 1p
strace -f -o log sh -c 'ls / | wc -l; true'
[[ $(grep -c 'execve(' log) -ge 3 ]]
strace -c -f -o counts git --version
grep -q 'execve$' counts
strace -f --seccomp-bpf -e trace=openat -o log cat /etc/hostname
grep -q '/etc/hostname' log
must_fail strace -e inject=openat:error=ENOENT -e trace=openat -o log cat /etc/hostname
while :; do sleep 0.05; done &
pid=$!
strace -f -p $pid -o attached &
tracer=$!
wait_for grep 'execve("/usr/bin/sleep"' attached
kill $tracer $pid
