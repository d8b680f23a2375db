"""dockerd of Debian's docker.io with a containerd of its own; the cases get a `Docker`."""

import json
import os
import re
import shutil
import signal
import time

from harness import PATIENCE, POLICIES, Client, Failure, Terminal, check, run, wait_until

IMAGE = 'tests'
# Not one of /usr/local: Debian's.
PROGRAMS = '/usr/sbin:/usr/bin:/sbin:/bin'


def runtime_name(runtime, policy):
    return runtime if runtime == 'runc' or not policy else f'{runtime}-{policy}'


class Engine:
    def __init__(self, environment):
        self.environment = environment
        self.directory = environment.directory
        self.socket = f'unix://{self.directory}/docker.sock'
        # Sockets have short names only.
        self.containerd_socket = '/run/engine-containerd.sock'
        self._write_configuration()
        self.start_containerd()
        self.start_dockerd()
        self.docker('import', '--change', 'CMD ["/bin/sh"]', environment.image, IMAGE, seconds=120)

    def start_containerd(self):
        self.containerd = self.environment.start_daemon(
            ['containerd', '--config', self.directory / 'containerd.toml'], env=self.daemon_variables())
        wait_until(lambda: os.path.exists(self.containerd_socket) or self.containerd.poll() is not None,
                   'the socket of containerd')
        check(self.containerd.poll() is None, f'containerd ended: {self._log("containerd")}')

    def start_dockerd(self):
        self.dockerd = self.environment.start_daemon(
            ['dockerd', '--config-file', self.directory / 'daemon.json'], env=self.daemon_variables())

        def answers():
            check(self.dockerd.poll() is None, f'dockerd ended: {self._log("dockerd")}')
            return run(['docker', 'version'], env=self.variables()).code == 0
        wait_until(answers, 'an answer of dockerd')

    def stop_dockerd(self, signal_number=signal.SIGTERM):
        self.environment.stop_daemon(self.dockerd, signal_number)

    def stop(self):
        self.stop_dockerd()
        self.environment.stop_daemon(self.containerd)
        # dockerd keeps a name for the host's network, with any runtime.
        run(['umount', '/run/engine-docker/netns/default'])

    def client(self, runtime, name, policy):
        return Docker(self, runtime_name(runtime, policy), name)

    def docker(self, *arguments, code=0, seconds=PATIENCE, input=None):
        """Runs the docker command; a Result. It must end with `code`, unless that is None."""
        result = run(['docker', *arguments], env=self.variables(), seconds=seconds, input=input)
        # Of the command's own log come lines or not, as its threads happen to end.
        result = result._replace(err=re.sub(r'^time=".*\n', '', result.err, flags=re.MULTILINE))
        if code is not None and result.code != code:
            raise Failure(f'docker {" ".join(map(str, arguments))}: ended with {result.code}, not {code}:\n'
                          f'{result.out}{result.err}')
        return result

    def user(self):
        """The words before a command that make it the user's."""
        return []

    def variables(self):
        return {'PATH': PROGRAMS, 'HOME': str(self.directory), 'DOCKER_HOST': self.socket, 'TERM': 'dumb',
                'DOCKER_CONFIG': str(self.directory / 'docker-config'), 'COMPOSE_PROJECT_NAME': 'tests'}

    def daemon_variables(self):
        return {'PATH': PROGRAMS, 'HOME': str(self.directory), 'TMPDIR': str(self.directory)}

    def shell_environment(self):
        return {**self.variables(), 'PATH': os.environ['PATH']}

    def _log(self, daemon):
        return (self.directory / f'{daemon}.log').read_text()[-3000:]

    def _write_configuration(self):
        for program in ('dockerd', 'containerd', 'docker'):
            check(shutil.which(program, path=PROGRAMS), f'{program} is not installed')
        agentbox = self.environment.agentbox
        runtimes = {'agentbox': {'path': agentbox, 'runtimeArgs': [
            '--policy', self.environment.policy_file('default')]}}
        for name in POLICIES:
            runtimes[f'agentbox-{name}'] = {'path': agentbox, 'runtimeArgs': [
                '--policy', self.environment.policy_file(name)]}
        # For tests/bench/engines.
        runtimes['agentbox-plain'] = {'path': agentbox}
        if crun := shutil.which('crun', path=PROGRAMS):
            runtimes['crun'] = {'path': crun}
        (self.directory / 'daemon.json').write_text(json.dumps({
            'data-root': f'{self.directory}/docker', 'exec-root': '/run/engine-docker',
            'pidfile': '/run/engine-docker.pid', 'hosts': [self.socket], 'group': 'root',
            'containerd': self.containerd_socket, 'storage-driver': 'overlay2', 'live-restore': True,
            'cgroup-parent': self.environment.cgroup_parent, 'exec-opts': ['native.cgroupdriver=cgroupfs'],
            'bip': '10.88.0.1/24', 'default-address-pools': [{'base': '10.89.0.0/16', 'size': 24}],
            'shutdown-timeout': 5, 'default-runtime': 'runc', 'runtimes': runtimes}, indent=1))
        (self.directory / 'containerd.toml').write_text(
            f'version = 2\nroot = "{self.directory}/containerd"\nstate = "/run/engine-containerd"\n'
            'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
            f'[grpc]\n  address = "{self.containerd_socket}"\n')


class Docker(Client):
    """Docker with one runtime, for one case. Its containers, volumes and networks begin with `name`."""

    image = IMAGE

    def __init__(self, engine, runtime, name):
        self.engine, self.runtime, self.name = engine, runtime, name
        self.directory = engine.directory / name
        self.command = engine.docker

    def __enter__(self):
        self.directory.mkdir()
        return self

    def __exit__(self, *_):
        self.remove()
        for kind in ('volume', 'network'):
            names = self.command(kind, 'ls', '--quiet', '--filter', f'name={self.name}').out.split()
            if names:
                self.command(kind, 'rm', *names)
        shutil.rmtree(self.directory)

    def remove(self):
        """Removes all containers of this case."""
        ids = self.command('ps', '--all', '--quiet', '--filter', f'name={self.name}').out.split()
        if ids:
            self.command('rm', '--force', '--volumes', *ids)

    def options(self, suffix=''):
        return ['--runtime', self.runtime, '--name', self.container(suffix)]

    def logs(self, suffix=''):
        """Both streams of its log."""
        result = self.command('logs', self.container(suffix))
        return result.out + result.err

    def events(self, kind=None, suffix=''):
        """The actions of a container until now, without those of exec's own names."""
        filters = ['--filter', f'container={self.container(suffix)}']
        filters += ['--filter', f'event={kind}'] if kind else []
        now = f'{time.time():.9f}'
        lines = self.command('events', '--since', '0', '--until', now, '--format', '{{.Action}}', *filters).out
        return lines.splitlines()

    def terminal(self, *arguments, **size):
        """A Terminal on which docker runs with `arguments`."""
        return Terminal(['docker', *arguments], env={**self.engine.variables(), 'TERM': 'xterm'}, **size)
