"""What the tools ask of the kernel: seen from outside, by bpftrace(8), so that nothing is different for them.

Followed are the first process of the sandbox, from its execve(2) on, and all that descends from it. A call that
the filter refuses is seen at its exit only: what came out more often than it went in was refused.
"""

import collections
import os
import pathlib
import re
import select
import subprocess
import sys
import time
import typing

from harness import command
from harness.environment import Environment
from toolchains.box import Box
from toolchains.cases import Case

NUMBERS = pathlib.Path('/usr/include/x86_64-linux-gnu/asm/unistd_64.h')
NAMESPACES = 0x7e020080
# call, what of it, expression of bpftrace: arguments that a filter can limit.
ARGUMENTS = (
    ('socket', 'family,type,protocol', 'args->family, args->type & 0xf, args->protocol'),
    ('setsockopt', 'level,name', 'args->level, args->optname'),
    ('getsockopt', 'level,name', 'args->level, args->optname'),
    ('prctl', 'option', 'args->option'),
    ('arch_prctl', 'option', 'args->option'),
    ('ioctl', 'request', 'args->cmd'),
    ('fcntl', 'command', 'args->cmd'),
    ('clone', 'namespaces', f'args->clone_flags & {NAMESPACES}'),
    ('clone3', 'namespaces', f'args->uargs->flags & {NAMESPACES}'),
    ('unshare', 'flags', 'args->unshare_flags'),
    ('setns', 'type', 'args->flags'),
    ('personality', 'persona', 'args->personality'),
    ('mmap', 'flags', 'args->flags'),
    ('mprotect', 'protection', 'args->prot'),
    ('madvise', 'advice', 'args->behavior'),
    ('ptrace', 'request', 'args->request'),
    ('seccomp', 'operation,flags', 'args->op, args->flags'),
    ('mount', 'flags', 'args->flags'),
    ('umount', 'flags', 'args->flags'),
    ('memfd_create', 'flags', 'args->flags'),
    ('membarrier', 'command', 'args->cmd'),
    ('keyctl', 'operation', 'args->option'),
    ('futex', 'operation', 'args->op & 0x7f'),
    ('pidfd_open', 'flags', 'args->flags'),
    ('fallocate', 'mode', 'args->mode'),
    ('kcmp', 'type', 'args->type'),
)
PROGRAM = '''
tracepoint:sched:sched_process_exec /pid == %(pid)d/ { @followed[tid] = 1; }
tracepoint:sched:sched_process_fork /@followed[tid]/ { @followed[args->child_pid] = 1; }
tracepoint:sched:sched_process_exit /@followed[tid]/ { delete(@followed[tid]); }
tracepoint:raw_syscalls:sys_enter /@followed[tid]/ { @in[args->id] = count(); }
tracepoint:raw_syscalls:sys_exit /@followed[tid]/ { @out[args->id] = count(); }
tracepoint:raw_syscalls:sys_exit /@followed[tid] && args->ret < 0 && args->ret > -134/ { @error[args->id, args->ret] = count(); }
%(arguments)s
interval:ms:100 { printf("ready\\n"); }
END { clear(@followed); }
'''
COUNT = re.compile(r'^@(\w+)\[([-\d, ]+)\]: (\d+)$')
# What a filter answers with, and a kernel that does not have it.
REFUSALS = {1: 'EPERM', 38: 'ENOSYS', 92: 'ENOPROTOOPT', 93: 'EPROTONOSUPPORT', 95: 'EOPNOTSUPP', 97: 'EAFNOSUPPORT',
            28: 'ENOSPC', 22: 'EINVAL'}
# They come out twice, in the child too.
FORKS = ('clone', 'fork', 'vfork', 'clone3')


class Seen(typing.NamedTuple):
    counts: dict[str, dict[tuple[int, ...], int]]

    def of(self, name: str) -> dict[tuple[int, ...], int]:
        return self.counts.get(name, {})


def program(pid: int) -> str:
    probes = [f'tracepoint:syscalls:sys_enter_{call} /@followed[tid]/ {{ @{call}[{expression}] = count(); }}'
              for call, _, expression in ARGUMENTS]
    return PROGRAM % {'pid': pid, 'arguments': '\n'.join(probes)}


def parse(output: str) -> Seen:
    counts: dict[str, dict[tuple[int, ...], int]] = collections.defaultdict(dict)
    for match in filter(None, map(COUNT.match, output.splitlines())):
        counts[match[1]][tuple(int(it) for it in match[2].split(','))] = int(match[3])
    return Seen(counts)


def wait_for_ready(tracer: 'subprocess.Popen[str]') -> None:
    assert tracer.stdout
    said = ''
    while (line := tracer.stdout.readline()) != 'ready\n':
        said += line
        if not line:
            sys.exit(f'bpftrace ended early (is tracefs mounted on /sys/kernel/tracing?): {said.strip()}')


def watch(box: Box) -> tuple[Seen, bool]:
    """Runs the case; what was seen, and whether it ended as it should."""
    box.write_config([])
    pid_file, log_path = box.bundle / 'pid', box.bundle / 'log'
    with open(log_path, 'w+') as log:
        made = command.spawn(box.words('create', '--bundle', box.bundle, '--pid-file', pid_file, box.id),
                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if made.wait(60):
            sys.exit(f'{box.id}: create: {log_path.read_text()}')
        command.forget(made)
    pid = int(pid_file.read_text())
    tracer = command.spawn(['bpftrace', '-e', program(pid)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           env={**os.environ, 'BPFTRACE_MAP_KEYS_MAX': '65536'})
    try:
        wait_for_ready(tracer)
        waited = os.pidfd_open(pid)
        box.call('start', box.id)
        code = wait_for_end(pid, waited, box.case.seconds * 2)
    finally:
        tracer.terminate()
        output = tracer.communicate()[0]
        command.forget(tracer)
    text = log_path.read_text(errors='replace')
    wrong = box.case.verdict('agentbox', code, text)
    if wrong:
        print(wrong, file=sys.stderr)
    return parse(output), not wrong


def wait_for_end(pid: int, waited: int, seconds: float) -> int:
    """init is our child, as we are the subreaper; its exit status, or 124 when it takes too long."""
    ended = select.select([waited], [], [], seconds)[0]
    os.close(waited)
    if not ended:
        return 124
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def names() -> dict[int, str]:
    found = re.findall(r'^#define __NR_(\w+) (\d+)$', NUMBERS.read_text(), re.MULTILINE)
    return {int(number): name for name, number in found}


def call_lines(case: Case, seen: Seen, known: dict[int, str]) -> list[str]:
    lines = []
    went_in, came_out = seen.of('in'), seen.of('out')
    for key in sorted(went_in.keys() | came_out.keys()):
        if key[0] < 0:  # after rt_sigreturn(2) there is no number
            continue
        name, passed = known.get(key[0], str(key[0])), went_in.get(key, 0)
        refused = 0 if name in FORKS and passed else max(0, came_out.get(key, 0) - passed)
        if refused == 1 and (passed or name == 'execve'):  # it was inside when the watch began
            refused = 0
        errors = [f'{REFUSALS[-error]}:{count}' for (number, error), count in sorted(seen.of('error').items())
                  if number == key[0] and -error in REFUSALS and (refused or error != -22)]
        lines.append(f'{case.name}\t{name}\t{passed}\t{refused}\t{" ".join(errors) or "-"}')
    return lines


def argument_lines(case: Case, seen: Seen) -> list[str]:
    return [f'{case.name}\t{call}\t{what}\t{",".join(map(hex, values))}\t{count}'
            for call, what, _ in ARGUMENTS for values, count in sorted(seen.of(call).items())]


def collect(environment: Environment, layers: list[str], chosen: list[Case], directory: pathlib.Path) -> int:
    """Watches one case after the other, and writes both tables; cases that are not chosen keep their lines."""
    known = names()
    failed = []
    for case in chosen:
        begin = time.monotonic()
        with Box(environment, layers, case, 'agentbox') as box:
            seen, as_expected = watch(box)
        print(f'{"" if as_expected else "not "}ok - {case.name}: {len(seen.of("in"))} calls, '
              f'{time.monotonic() - begin:.1f} s', flush=True)
        if not as_expected:
            failed.append(case.name)
            continue
        replace_lines(directory / 'calls.tsv', 'case\tcall\tpassed\trefused\terrors', case, call_lines(case, seen, known))
        replace_lines(directory / 'arguments.tsv', 'case\tcall\twhat\tvalues\tcount', case, argument_lines(case, seen))
    return 1 if failed else 0


def replace_lines(path: pathlib.Path, head: str, case: Case, lines: list[str]) -> None:
    old = path.read_text().splitlines()[1:] if path.exists() else []
    kept = [it for it in old if it.split('\t', 1)[0] != case.name]
    groups: dict[str, list[str]] = collections.defaultdict(list)
    for line in [*kept, *lines]:
        groups[line.split('\t', 1)[0]].append(line)
    path.write_text('\n'.join([head, *(line for name in sorted(groups) for line in groups[name])]) + '\n')
