"""Where a suite runs: namespaces, directories and cgroups of its own, and none of them afterwards."""

import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from harness import command

SOURCE = pathlib.Path(__file__).resolve().parents[3]
INSIDE = 'AGENTBOX_ENGINES_INSIDE'
CGROUPS = pathlib.Path('/sys/fs/cgroup')
AGENTBOX_STATE = pathlib.Path('/var/lib/agentbox')
# In its state; they stay when the last of what they hold is gone.
STORES = ('@reviews', '@templates')
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

# The template that one of the policies names.
TEMPLATE = 'engine-tests'

# agentbox runs with one of these; the first is the built-in default, whatever /etc says.
POLICIES = {
    'default': {},
    'engine-rootfs': {'rootfs': 'engine'},
    'host-namespaces': {'namespaces': {'host': ['network', 'ipc', 'pid', 'uts']}},
    'fuse-device': {'devices': {'allow': ['/dev/fuse']}},
    'volume-modes': {'mounts': [
        {'destination': '/review', 'mode': 'review'}, {'destination': '/throwaway', 'mode': 'throwaway'},
        {'destination': '/readonly', 'mode': 'readonly'},
        {'source': '/var/tmp/agentbox-engines-*/*/reviewed', 'mode': 'review'}]},
    'template': {'template': TEMPLATE},
    'template-by-annotation': {'annotations': {'allow': ['template']}},
}


def enter_namespaces():
    """Starts this program again in a mount and a network namespace of its own, with a /run of its own."""
    if os.environ.get(INSIDE) == str(os.getpid()):
        return
    os.environ[INSIDE] = str(os.getpid())
    prepare = ('mount -t tmpfs -o mode=755 run /run && mkdir -p /run/lock /run/netns && mount --make-rshared / && '
               'ip link set lo up && exec "$@"')
    os.execvp('unshare', ['unshare', '--mount', '--net', '--propagation', 'private', 'sh', '-c', prepare,
                          'sh', sys.executable, *sys.argv])


class Environment:
    """Made after enter_namespaces(). What it offers:

    directory       on disk, removed at the end; data roots, logs, scratch files
    cgroup_parent   name of a cgroup for all containers, as engines take it ("/agentbox-engines-PID")
    agentbox, runc  the programs; image: the tar file of the root file system
    agentbox_states directories of agentbox's layers, in which nothing is to be left
    """

    def __init__(self, image):
        self.image = image
        self.agentbox = os.environ.get('AGENTBOX') or str(SOURCE / 'build/runtime/agentbox')
        self.runc = shutil.which('runc')
        if not os.access(self.agentbox, os.X_OK):
            sys.exit(f'{self.agentbox} is not there: build first, or set AGENTBOX')
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='agentbox-engines-', dir='/var/tmp'))
        self.directory.chmod(0o755)
        self.cgroup_parent = f'/agentbox-engines-{os.getpid()}'
        self.agentbox_states = [AGENTBOX_STATE]
        self.daemons = []
        self._stop_requests_raise()
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._bind_agentbox_state()
        for name, policy in POLICIES.items():
            pathlib.Path(self.policy_file(name)).write_text(json.dumps(policy))
        self._mounts_at_first = mount_points()

    def make_etc_private(self):
        """Writes to /etc (users, subordinate ids) from here on stay in this mount namespace."""
        for name in ('etc', 'etc-work'):
            (self.directory / name).mkdir(mode=0o755)
        options = f'lowerdir=/etc,upperdir={self.directory}/etc,workdir={self.directory}/etc-work'
        subprocess.run(['mount', '-t', 'overlay', '-o', options, 'etc', '/etc'], check=True)
        self._mounts_at_first.add('/etc')

    def policy_file(self, name):
        return str(self.directory / f'policy-{name or "default"}.json')

    def start_daemon(self, argv, env=None):
        """Starts a daemon that ends with this program; its output is in directory/NAME.log."""
        name = os.path.basename(str(argv[0]))
        with open(self.directory / f'{name}.log', 'ab') as log:
            die_with_us = ['setpriv', '--pdeathsig', 'KILL', *argv]
            daemon = command.spawn(die_with_us, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        self.daemons.append(daemon)
        return daemon

    def stop_daemon(self, daemon, signal_number=signal.SIGTERM, seconds=command.PATIENCE):
        """Ends a daemon; an error if it does not end in time."""
        daemon.send_signal(signal_number)
        try:
            daemon.wait(seconds)
        finally:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()
            command.forget(daemon)
            self.daemons.remove(daemon)

    def leftovers(self):
        """What containers have left: mounts, cgroups, processes, network devices, files of agentbox."""
        self.reap_orphans()
        found = [f'mount: {it}' for it in sorted(mount_points() - self._mounts_at_first)]
        found += [f'cgroup: {it}' for it in self.cgroups() if it.name != self.cgroup_parent[1:]]
        running = {daemon.pid for daemon in self.daemons}
        found += [f'process: {pid} {command_line(pid)}' for pid in descendants() - running
                  - children_of(running)]
        found += [f'network device: {it}' for it in network_devices() if it.startswith('veth')]
        stores = [state / name for state in self.agentbox_states for name in STORES]
        for folder in (pathlib.Path('/run/agentbox/@ids'), *self.agentbox_states, *stores):
            found += [f'file: {it}' for it in sorted(folder.glob('*')) if it not in stores]
        found += [f'state: {it}' for it in sorted(pathlib.Path('/run/agentbox').glob('[!@]*'))]
        return found

    def cgroups(self):
        """Directories of cgroup_parent, the lowest first, in every hierarchy."""
        roots = [it for it in CGROUPS.glob('*' + self.cgroup_parent)] + [
            it for it in [CGROUPS / self.cgroup_parent[1:]] if it.is_dir()]
        return [pathlib.Path(folder) for root in roots for folder, _, _ in os.walk(root, topdown=False)]

    def reap_orphans(self):
        """Waits for those that the daemons have left to us and that have ended."""
        for pid in children_of({os.getpid()}) - command.awaited():
            if process_stat(pid)[:1] == ['Z']:
                os.waitpid(pid, os.WNOHANG)

    def remove(self):
        """Ends and removes all that was made here."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        deadline = time.monotonic() + 20
        while (rest := self._processes()) and time.monotonic() < deadline:
            for pid in rest:
                kill(pid)
            time.sleep(0.02)
            reap_all()
        for folder in self.cgroups():
            remove_directory(folder, deadline)
        for mount in sorted(mount_points(), reverse=True):
            if mount.startswith(f'{self.directory}/') or mount in ('/etc', str(AGENTBOX_STATE)):
                subprocess.run(['umount', '--lazy', mount], stderr=subprocess.DEVNULL)
        subprocess.run(['rm', '-rf', '--one-file-system', self.directory])

    def _processes(self):
        in_cgroups = set()
        for folder in self.cgroups():
            in_cgroups |= {int(pid) for pid in read_text(folder / 'cgroup.procs').split()}
        return descendants() | in_cgroups

    def _bind_agentbox_state(self):
        AGENTBOX_STATE.mkdir(mode=0o700, exist_ok=True)
        own = self.directory / 'agentbox-state'
        own.mkdir(mode=0o700)
        subprocess.run(['mount', '--bind', own, AGENTBOX_STATE], check=True)

    def _stop_requests_raise(self):
        def leave(number, _):
            raise SystemExit(128 + number)
        assert threading.current_thread() is threading.main_thread()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, leave)


def cgroup_version():
    """2 where controllers are those of cgroup v2; 1 also where it is mounted beside v1 without them."""
    return 2 if (CGROUPS / 'cgroup.controllers').exists() else 1


def cgroup_of(pid, controller):
    """The cgroup of a process in the hierarchy of `controller`, or in that of cgroup v2."""
    lines = [line.split(':', 2) for line in read_text(f'/proc/{pid}/cgroup').splitlines()]
    wanted = controller if cgroup_version() == 1 else ''
    return next(path for _, controllers, path in lines if wanted in controllers.split(','))


def read_text(path):
    try:
        return pathlib.Path(path).read_text(errors='replace')
    except OSError:
        return ''


def mount_points():
    return {line.split()[4] for line in read_text('/proc/self/mountinfo').splitlines()}


def network_devices():
    return [line.split(':')[0].strip() for line in read_text('/proc/net/dev').splitlines()[2:]]


def process_stat(pid):
    """State, parent and all that follows in /proc/PID/stat."""
    return read_text(f'/proc/{pid}/stat').rpartition(')')[2].split()


def command_line(pid):
    return read_text(f'/proc/{pid}/cmdline').replace('\0', ' ').strip() or read_text(f'/proc/{pid}/comm').strip()


def parents():
    pids = [int(it) for it in os.listdir('/proc') if it.isdigit()]
    return {pid: int(stat[1]) for pid in pids if (stat := process_stat(pid))}


def children_of(pids):
    return {child for child, parent in parents().items() if parent in pids}


def descendants():
    tree, found = parents(), set()
    layer = {os.getpid()}
    while layer := {child for child, parent in tree.items() if parent in layer} - found:
        found |= layer
    return found


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def reap_all():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def remove_directory(folder, deadline):
    """rmdir(2), which fails for some moments after the last process of a cgroup has gone."""
    while folder.is_dir():
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                print(f'# can not remove {folder}', file=sys.stderr)
                return
            time.sleep(0.02)
