"""One case in one sandbox: a bundle as Docker makes it, run by agentbox or by runc."""

import json
import os
import pathlib
import subprocess
import typing

from harness import command
from harness.environment import SOURCE, Environment
from toolchains import cases

CONFIG = SOURCE / 'tests/golden/docker-20.10.config.json'
PATH = '/home/agent/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
USERS = {'agent': (1000, '/home/agent'), 'root': (0, '/root')}
HOSTS = '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 matrix\n'
# The script's own directory, its helpers, then the case.
START = 'work=$(mktemp -d /tmp/work.XXXXXX); cd "$work"; . /matrix/lib.sh; . /matrix/cases/"$1"'
Json = dict[str, typing.Any]


class Box:
    """A sandbox of its own for a case, removed when the context is left."""

    def __init__(self, environment: Environment, layers: list[str], case: cases.Case, runtime: str) -> None:
        self.environment, self.layers, self.case, self.runtime = environment, layers, case, runtime
        self.id = f'{case.name}-{runtime}'
        self.bundle = environment.directory / self.id
        self.program = environment.agentbox if runtime == 'agentbox' else environment.runc

    def __enter__(self) -> 'Box':
        for name in ('root', 'upper', 'work'):
            (self.bundle / name).mkdir(parents=True)
        (self.bundle / 'hosts').write_text(HOSTS)
        (self.bundle / 'policy.json').write_text(json.dumps(self._policy()))
        # As an engine's storage driver does it; agentbox takes it apart and puts a throwaway layer of its own on it.
        options = f'lowerdir={":".join(self.layers)},upperdir={self.bundle}/upper,workdir={self.bundle}/work'
        subprocess.run(['mount', '-t', 'overlay', '-o', options, 'matrix', self.bundle / 'root'], check=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.call('delete', '--force', self.id)
        subprocess.run(['umount', '--lazy', self.bundle / 'root'], check=True)
        subprocess.run(['rm', '-rf', '--one-file-system', self.bundle], check=True)

    def words(self, *arguments: object) -> list[object]:
        """A command line of the runtime."""
        policy = ['--policy', self.bundle / 'policy.json'] if self.runtime == 'agentbox' else []
        return [self.program, *policy, *arguments]

    def call(self, *arguments: object) -> command.Result:
        return command.run(self.words(*arguments))

    def run(self, *args: str) -> command.Result:
        """Runs the case, or `args`, to its end; a Result with all that it wrote as `out`."""
        self.write_config(list(args))
        # Not by pipes: what stays behind in the sandbox would hold them open after a time limit.
        with open(self.bundle / 'output', 'w+', errors='replace') as output:
            process = command.spawn(self.words('run', '--bundle', self.bundle, self.id), stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                process.wait(self.case.seconds)
            except subprocess.TimeoutExpired:
                self.call('delete', '--force', self.id)
                process.kill()
                process.wait()
                said = (self.bundle / 'output').read_text(errors='replace')[-2000:]
                raise command.TimeLimit(f'not done after {self.case.seconds} s; so far: {said}') from None
            finally:
                command.forget(process)
            output.seek(0)
            return command.Result(process.returncode, output.read(), '')

    def write_config(self, args: list[str]) -> None:
        (self.bundle / 'config.json').write_text(json.dumps(self._config(args), indent=1))

    def _policy(self) -> Json:
        return {'profile': self.case.profile, 'devices': {'allow': [self.case.device] if self.case.device else []}}

    def _config(self, args: list[str]) -> Json:
        config: Json = json.loads(CONFIG.read_text())
        uid, home = USERS[self.case.user]
        config.pop('hooks')
        config['root']['path'] = str(self.bundle / 'root')
        config['hostname'] = 'matrix'
        process = config['process']
        process['user'] = {'uid': uid, 'gid': uid, 'additionalGids': [uid]}
        process['cwd'] = home
        process['env'] = [f'PATH={PATH}', f'HOME={home}', f'USER={self.case.user}', 'LANG=en_US.UTF-8', 'TERM=dumb']
        process['args'] = args or ['bash', '-euo', 'pipefail', '-c', START, 'bash', cases.path_of(self.case).name]
        if uid:  # as Docker does for a user
            process['capabilities'].update(effective=[], permitted=[])
        config['mounts'] = [it for it in config['mounts'] if not it['destination'].startswith('/etc/')]
        config['mounts'] += [bind(self.bundle / 'hosts', '/etc/hosts'), bind(cases.DIRECTORY.parent, '/matrix')]
        if self.case.program:
            config['mounts'].append(bind(pathlib.Path(self.environment.agentbox), '/opt/agentbox'))
        linux = config['linux']
        linux['cgroupsPath'] = f'{self.environment.cgroup_parent}/{self.id}'
        if self.case.device:
            self._add_device(linux)
        if self.runtime == 'agentbox':
            del linux['seccomp']
        return config

    def _add_device(self, linux: Json) -> None:
        status = os.stat(self.case.device)
        node = {'type': 'c', 'major': os.major(status.st_rdev), 'minor': os.minor(status.st_rdev)}
        linux['devices'] = [*linux.get('devices', []), {
            **node, 'path': self.case.device, 'fileMode': 0o666, 'uid': 0, 'gid': 0}]
        linux['resources']['devices'].append({'allow': True, **node, 'access': 'rwm'})


def bind(source: pathlib.Path, destination: str) -> Json:
    return {'destination': destination, 'type': 'bind', 'source': str(source), 'options': ['rbind', 'rprivate', 'ro']}
