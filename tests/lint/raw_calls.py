#!/usr/bin/env python3
"""Fails if a file outside of kernel/ calls the system by itself: one wrapper for each call, in
kernel/, where close-on-exec, EINTR and the errno's words are thought of once."""

import pathlib
import re
import sys

# They end the process, let it wait, name it, tell the time, or are libc's own.
FREE = {'_exit', 'getpid', 'getuid', 'geteuid', 'getgid', 'getegid', 'getenv', 'secure_getenv', 'getpwuid', 'getpwent', 'setpwent',
        'endpwent', 'getgrouplist', 'glob', 'globfree',
        'clock_gettime', 'gmtime_r', 'makedev', 'sigabbrev_np', 'strerrorname_np',
        'strerrordesc_np', 'sysconf', 'pause', 'dlopen', 'dlsym', 'dlerror', 'dlclose'}

# Below kernel/, which includes them.
EXCEPTIONS = {
    'base/unique_fd.h': {'close'},  # what the type is for
    'base/log.cc': {'write'},       # may not fail, nor call what logs
}

# Calls of libc are written `::name(`; these are found without the colons too.
RAW = ('syscall', 'open', 'openat', 'openat2', 'creat', 'close', 'mount', 'umount2',
       'pivot_root', 'chroot', 'clone', 'clone3', 'fork', 'vfork', 'unshare', 'setns', 'execve',
       'execv', 'execvp', 'execveat', 'fexecve', 'prctl', 'ioctl', 'fcntl', 'socket', 'socketpair',
       'pipe', 'pipe2', 'connect', 'bind', 'listen', 'accept4', 'sendmsg', 'recvmsg', 'kill',
       'waitpid', 'waitid', 'stat', 'fstat', 'lstat', 'fstatat', 'chown', 'fchown', 'fchownat',
       'chmod', 'fchmod', 'fchmodat', 'mkdir', 'mkdirat', 'mknod', 'mknodat', 'unlink', 'unlinkat',
       'rmdir', 'rename', 'renameat', 'symlink', 'symlinkat', 'readlink', 'readlinkat', 'chdir',
       'fchdir', 'getcwd', 'realpath', 'setuid', 'setgid', 'setgroups', 'setresuid', 'setresgid',
       'poll', 'ppoll', 'system', 'popen', 'getrlimit', 'setrlimit', 'prlimit',
       'signalfd', 'sigaction', 'epoll_wait', 'mmap', 'usleep', 'nanosleep', 'sleep')

QUALIFIED = re.compile(r'(?<![\w>:])::([a-z_][a-z0-9_]*)\(')
BARE = re.compile(r'(?<![\w>:.&])(' + '|'.join(RAW) + r')\((?!\))')
NOT_CODE = re.compile(r'//.*|"(?:[^"\\\n]|\\.)*"')


def violations(root):
    for path in sorted(root.rglob('*.[ch]*')):
        name = path.relative_to(root)
        if name.parts[0] == 'kernel':
            continue
        allowed = FREE | EXCEPTIONS.get(str(name), set())
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = NOT_CODE.sub('', line)
            for match in (*QUALIFIED.finditer(code), *BARE.finditer(code)):
                if match[1] not in allowed:
                    yield f'{path}:{number}: {match[1]}() belongs in a wrapper in kernel/'


found = list(violations(pathlib.Path(sys.argv[1])))
print('\n'.join(found))
sys.exit(1 if found else 0)
