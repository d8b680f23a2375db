"""Podman of Debian, as root; the cases get a `Podman`. podman_rootless has the same for a user."""

import glob
import json
import os
import shutil
import subprocess

from harness import PATIENCE, POLICIES, Client, Failure, Terminal, check, run, wait_until

IMAGE = 'localhost/tests'
PROGRAMS = '/usr/sbin:/usr/bin:/sbin:/bin'
PATH_OF_IMAGE = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
# Limits that root without CAP_SYS_RESOURCE may set, too; Podman's own are above them.
ULIMITS = ['nofile=1024:1024', 'nproc=8192:8192']


# A pod's cgroup, which is named by its id alone.
POD = '[0-9a-f]' * 64


def remove_empty(folder):
    """Removes a cgroup, unless it is in use: by something else in it."""
    try:
        os.rmdir(folder)
    except OSError:
        pass


class Engine:
    """Podman's configuration and storage. There is no daemon."""

    def __init__(self, environment):
        self.environment = environment
        self.directory = environment.directory
        for program in ('podman', 'conmon'):
            check(shutil.which(program, path=PROGRAMS), f'{program} is not installed')
        environment.make_etc_private()
        self.home = self.prepare()
        self._write_configuration()
        self.podman('import', '--change', 'CMD ["/bin/sh"]', '--change', f'ENV PATH={PATH_OF_IMAGE}',
                    environment.image, IMAGE, seconds=120)

    def prepare(self):
        """Makes the user and its directories; returns where its files are."""
        # The ids that --userns=auto divides among containers.
        for file in ('/etc/subuid', '/etc/subgid'):
            with open(file, 'a') as ids:
                ids.write('containers:2147483647:1048576\n')
        return self._make_home('root')

    def user(self):
        """The words before a command that make it the user's."""
        return []

    def variables(self):
        return {'PATH': PROGRAMS, 'HOME': str(self.home), 'TERM': 'dumb', 'TMPDIR': str(self.home),
                'CONTAINERS_CONF': f'{self.home}/containers.conf',
                'CONTAINERS_STORAGE_CONF': f'{self.home}/storage.conf'}

    def stop(self):
        self.podman('rm', '--all', '--force', '--time', '0')
        self.podman('rmi', '--all', '--force')
        # What Podman itself leaves, under any runtime: mounts, and cgroups of pods and of conmon, without a process.
        for mount in (f'{self.home}/storage/overlay', '/run/netns'):
            subprocess.run(['umount', mount], stderr=subprocess.DEVNULL)
        for parent in (self.environment.cgroup_parent, '/libpod_parent'):
            for hierarchy in ('', '/*'):
                for name in ('conmon', POD):
                    for folder in glob.glob(f'/sys/fs/cgroup{hierarchy}{parent}/{name}'):
                        remove_empty(folder)
        for folder in glob.glob('/sys/fs/cgroup/libpod_parent') + glob.glob('/sys/fs/cgroup/*/libpod_parent'):
            remove_empty(folder)

    def client(self, runtime, name, policy):
        return Podman(self, runtime, name, policy)

    def podman(self, *arguments, code=0, seconds=PATIENCE, input=None, cwd=None):
        """Runs the podman command; a Result. It must end with `code`, unless that is None."""
        result = run([*self.user(), 'podman', *arguments], env=self.variables(), seconds=seconds, input=input,
                     cwd=cwd or self.home)
        if code is not None and result.code != code:
            raise Failure(f'podman {" ".join(map(str, arguments))}: ended with {result.code}, not {code}:\n'
                          f'{result.out}{result.err}')
        return result

    def shell_environment(self):
        return {**self.variables(), 'PATH': os.environ['PATH']}

    def _make_home(self, name):
        home = self.directory / name
        home.mkdir()
        return home

    def _write_configuration(self):
        (self.home / 'containers.conf').write_text(
            f'[containers]\ndefault_ulimits = {json.dumps(ULIMITS)}\n'
            '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n'
            'runtime_supports_json = ["crun", "runc", "agentbox"]\n'
            'runtime_supports_nocgroup = ["crun", "runc", "agentbox"]\n'
            f'[engine.runtimes]\nagentbox = [{json.dumps(self.environment.agentbox)}]\n'
            f'runc = [{json.dumps(self.environment.runc)}]\n'
            '[network]\nnetwork_backend = "netavark"\n'
            f'network_config_dir = "{self.home}/networks"\n')
        (self.home / 'storage.conf').write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{self.home}/storage"\nrunroot = "{self.run_root()}"\n')

    def run_root(self):
        return '/run/containers/storage'


class Podman(Client):
    """Podman with one runtime, for one case. Its containers, pods, volumes and networks begin with `name`."""

    image = IMAGE

    def __init__(self, engine, runtime, name, policy):
        self.engine, self.runtime, self.name = engine, runtime, name
        self.flags = ['--runtime', runtime]
        self.runtime_flags = []
        if runtime == 'agentbox':
            self.runtime_flags = ['--runtime-flag', f'policy={engine.environment.policy_file(policy)}']
        self.directory = engine.home / name

    def __enter__(self):
        run([*self.engine.user(), 'mkdir', self.directory])
        return self

    def __exit__(self, *_):
        self.remove_named()
        shutil.rmtree(self.directory)

    def remove_named(self):
        self.remove()
        for kind in ('volume', 'network', 'secret'):
            names = self.command(kind, 'ls', '--quiet', '--filter', f'name={self.name}').out.split()
            if names:
                self.command(kind, 'rm', *names)

    def command(self, *arguments, **options):
        """podman ARGUMENTS with this case's runtime."""
        return self.engine.podman(*self.flags, *self.runtime_flags, *arguments, **options)

    def remove(self):
        """Removes all pods and containers of this case."""
        for kind in (['pod'], []):
            listed = self.command(*kind, 'ps', *([] if kind else ['--all']), '--quiet', '--filter',
                                  f'name={self.name}').out.split()
            if listed:
                self.settle(*kind, 'rm', '--force', '--time', '0', *([] if kind else ['--volumes']), *listed)

    def settle(self, *arguments):
        """A command that meets `podman container cleanup`, which Podman itself runs when a container ends: the
        loser fails ("device or resource busy")."""
        return wait_until(lambda: self.command(*arguments, code=None).code == 0, f'podman {" ".join(map(str, arguments))}')

    def options(self, suffix=''):
        return ['--name', self.container(suffix), '--cgroup-parent', self.engine.environment.cgroup_parent]

    def write(self, name, text):
        """A file of the user's in the directory of this case."""
        path = self.directory / name
        run([*self.engine.user(), 'sh', '-c', f'mkdir -p "$(dirname {path})" && cat > {path}'], input=text)
        return path

    def pod_options(self):
        """Of `pod create`; its containers are in the pod's cgroup."""
        return self.options()[2:]

    def published(self, port):
        """What is answered at a port of the host's."""
        return wait_until(lambda: run(['bash', '-c', f'cat < /dev/tcp/127.0.0.1/{port}']).out, f'an answer at {port}')

    def terminal(self, *arguments, **size):
        """A Terminal on which podman runs with `arguments`."""
        return Terminal([*self.engine.user(), 'podman', *self.flags, *self.runtime_flags, *arguments],
                        env={**self.engine.variables(), 'TERM': 'xterm'}, **size)
