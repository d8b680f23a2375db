"""containerd of Debian: by ctr, and by the CRI plugin as a kubelet uses it; the cases get a `Containerd`."""

import contextlib
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile

from containerd import cri
from harness import PATIENCE, Failure, Terminal, check, run, wait_until

IMAGE = 'localhost/tests:latest'
PAUSE = 'localhost/pause:latest'
PROGRAMS = '/usr/sbin:/usr/bin:/sbin:/bin'
CONFIG = pathlib.Path('/etc/containerd/config.toml')
# Sockets have short names only.
SOCKET = '/run/engine-containerd.sock'
# Of cgroup v1, that are mounted nowhere else.
HIERARCHIES = pathlib.Path('/run/engine-hierarchies')
# Where CNI's own library keeps results.
CNI_STATE = pathlib.Path('/var/lib/cni')


class Engine:
    def __init__(self, environment):
        self.environment = environment
        self.directory = environment.directory
        for program in ('containerd', 'containerd-shim-runc-v2', 'ctr'):
            check(shutil.which(program, path=PROGRAMS), f'{program} is not installed')
        environment.make_etc_private()
        self._mount_named_hierarchies()
        self._make_cni_network()
        self._write_configuration()
        self.start()
        self._import_images()

    def start(self):
        self.daemon = self.environment.start_daemon(['containerd'], env=self.variables())

        def answers():
            check(self.daemon.poll() is None, f'containerd ended: {self.log()}')
            with contextlib.suppress(cri.Refused):
                client = cri.Client(SOCKET)
                try:
                    status = client.call('Status', seconds=2)['status']['conditions']
                finally:
                    client.close()
                return len(status) == 2 and all(it['status'] for it in status)
            return False
        wait_until(answers, 'the CRI plugin to be ready')

    def stop_daemon(self, signal_number=signal.SIGTERM):
        self.environment.stop_daemon(self.daemon, signal_number)

    def stop(self):
        self.stop_daemon()
        subprocess.run(['umount', CNI_STATE, *HIERARCHIES.glob('*')], check=True)

    def client(self, runtime, name, policy):
        return Containerd(self, runtime, name, policy)

    def ctr(self, *arguments, code=0, seconds=PATIENCE, input=None):
        """Runs the ctr command; a Result. It must end with `code`, unless that is None."""
        result = run(['ctr', *arguments], env=self.variables(), seconds=seconds, input=input)
        if code is not None and result.code != code:
            raise Failure(f'ctr {" ".join(map(str, arguments))}: ended with {result.code}, not {code}:\n'
                          f'{result.out}{result.err}')
        return result

    def variables(self):
        return {'PATH': PROGRAMS, 'HOME': str(self.directory), 'TMPDIR': str(self.directory),
                'CONTAINERD_ADDRESS': SOCKET}

    def shell_environment(self):
        return {**self.variables(), 'PATH': os.environ['PATH']}

    def log(self):
        return (self.directory / 'containerd.log').read_text()[-3000:]

    def program(self, runtime, policy):
        """The runtime's program as the shim runs it, which passes no options on."""
        if runtime == 'runc':
            return self.environment.runc
        wrapper = pathlib.Path(f'/run/engine-agentbox-{policy or "default"}')
        if not wrapper.exists():
            wrapper.write_text(f'#!/bin/sh\nexec {self.environment.agentbox} '
                               f'--policy {self.environment.policy_file(policy)} "$@"\n')
            wrapper.chmod(0o755)
        return str(wrapper)

    def _mount_named_hierarchies(self):
        """containerd has no metrics on a host with a hierarchy of cgroup v1 that is not mounted: what a systemd in
        a container has left, for one."""
        mounted = pathlib.Path('/proc/self/mountinfo').read_text()
        for line in pathlib.Path('/proc/self/cgroup').read_text().splitlines():
            name = line.split(':')[1]
            if not name.startswith('name=') or re.search(rf'[ ,]{re.escape(name)}(,|$)', mounted, re.MULTILINE):
                continue
            folder = HIERARCHIES / name.removeprefix('name=')
            folder.mkdir(parents=True)
            subprocess.run(['mount', '-t', 'cgroup', '-o', f'none,{name}', 'cgroup', folder], check=True)

    def _make_cni_network(self):
        networks = self.directory / 'net.d'
        networks.mkdir()
        (networks / '10-tests.conflist').write_text(json.dumps({
            'cniVersion': '0.4.0', 'name': 'tests', 'plugins': [
                {'type': 'bridge', 'bridge': 'tests0', 'isGateway': True, 'ipam': {
                    'type': 'host-local', 'dataDir': f'{self.directory}/cni-ipam',
                    'ranges': [[{'subnet': '10.87.0.0/16'}]]}}]}))
        CNI_STATE.mkdir(exist_ok=True)
        state = self.directory / 'cni-state'
        state.mkdir()
        subprocess.run(['mount', '--bind', state, CNI_STATE], check=True)

    def _write_configuration(self):
        """As an administrator has it, but for the places; then `agentbox install` adds the runtime to it."""
        CONFIG.parent.mkdir(exist_ok=True)
        CONFIG.write_text(f'''
version = 2
root = "{self.directory}/containerd"
state = "/run/engine-containerd"
[grpc]
  address = "{SOCKET}"
[plugins]
  [plugins."io.containerd.internal.v1.opt"]
    path = "{self.directory}/opt"
  [plugins."io.containerd.grpc.v1.cri"]
    sandbox_image = "{PAUSE}"
    restrict_oom_score_adj = true
    stream_server_port = "0"
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
      conf_dir = "{self.directory}/net.d"
''')
        result = run([self.environment.agentbox, 'install', '--program', self.program('agentbox', None), 'containerd'])
        check(result.code == 0, f'agentbox install: {result.err}')

    def _import_images(self):
        archive = self.directory / 'images.tar'
        write_archive(archive, self.environment.image, {IMAGE: ['/bin/sh'], PAUSE: ['/bin/sleep', 'infinity']})
        for namespace in ('default', 'k8s.io'):
            self.ctr('--namespace', namespace, 'images', 'import', archive, seconds=300)
        archive.unlink()


def write_archive(path, layer, commands):
    """The images in Docker's form: names with their commands, all of the one layer."""
    digest = hashlib.sha256()
    with open(layer, 'rb') as file:
        while data := file.read(1 << 20):
            digest.update(data)
    manifest = []
    with tarfile.open(path, 'w') as archive:
        archive.add(layer, 'layer.tar')
        for number, (name, command) in enumerate(commands.items()):
            config = {'architecture': 'amd64', 'os': 'linux', 'config': {
                'Cmd': command, 'Env': ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']},
                'rootfs': {'type': 'layers', 'diff_ids': [f'sha256:{digest.hexdigest()}']}}
            manifest.append({'Config': f'{number}.json', 'RepoTags': [name], 'Layers': ['layer.tar']})
            add_text(archive, f'{number}.json', json.dumps(config))
        add_text(archive, 'manifest.json', json.dumps(manifest))


def add_text(archive, name, text):
    member = tarfile.TarInfo(name)
    member.size = len(text)
    archive.addfile(member, io.BytesIO(text.encode()))


class Containerd:
    """containerd with one runtime, for one case. Its containers and pods begin with `name`."""

    def __init__(self, engine, runtime, name, policy):
        self.engine, self.runtime, self.name, self.policy = engine, runtime, name, policy
        self.directory = engine.directory / name
        self.cgroup = f'{engine.environment.cgroup_parent}/{name}'
        self.ctr = engine.ctr
        self.client = cri.Client(SOCKET)
        self.pods = []

    def __enter__(self):
        self.directory.mkdir()
        return self

    def __exit__(self, *_):
        for pod in reversed(self.pods):
            pod.remove()
        for name in self.ctr('containers', 'ls', '--quiet').out.split():
            if name.startswith(self.name):
                self.ctr('tasks', 'rm', '--force', name, code=None)
                self.ctr('containers', 'rm', name)
        self.client.close()
        shutil.rmtree(self.directory)

    # By ctr, which makes no network.

    def container(self, suffix=''):
        return f'{self.name}{suffix}'

    def options(self, suffix=''):
        return ['--runc-binary', self.engine.program(self.runtime, self.policy),
                '--runc-root', f'/run/engine-{self.runtime}', '--cgroup', f'{self.cgroup}{suffix}']

    def run(self, *arguments, options=(), code=0, suffix='', input=None):
        """ctr run --rm OPTIONS IMAGE NAME ARGUMENTS; a Result."""
        return self.ctr('run', '--rm', *self.options(suffix), *options, IMAGE, self.container(suffix), *arguments,
                        code=code, input=input)

    def start(self, *arguments, options=(), suffix=''):
        """ctr run --detach; the container's name."""
        self.ctr('run', '--detach', *self.options(suffix), *options, IMAGE, self.container(suffix),
                 *(arguments or ('sleep', '600')))
        return self.container(suffix)

    def exec(self, *arguments, options=(), code=0, suffix='', exec_id='exec', input=None):
        return self.ctr('tasks', 'exec', '--exec-id', exec_id, *options, self.container(suffix), *arguments,
                        code=code, input=input)

    def status(self, suffix=''):
        """RUNNING, PAUSED, STOPPED; None if there is no task."""
        lines = [line.split() for line in self.ctr('tasks', 'ls').out.splitlines()]
        return next((line[2] for line in lines if line[0] == self.container(suffix)), None)

    def task(self, verb, *arguments, code=0, suffix=''):
        return self.ctr('tasks', verb, *arguments, self.container(suffix), code=code)

    def terminal(self, *arguments, **size):
        """A Terminal on which ctr runs with `arguments`."""
        return Terminal(['ctr', *arguments], env={**self.engine.variables(), 'TERM': 'xterm'}, **size)

    # By the CRI plugin.

    def call(self, method, **values):
        return self.client.call(method, **values)

    def pod(self, suffix='', handler=None, **config):
        """A running pod; `config` overrides parts of its PodSandboxConfig."""
        pod = Pod(self, suffix, config)
        pod.run(self.runtime if handler is None else handler)
        return pod


class Pod:
    def __init__(self, engine, suffix, config):
        self.client = engine.client
        self.logs = engine.directory / f'logs{suffix}'
        self.environment = engine.engine.environment
        self.cgroup = f'{engine.name}{suffix}'
        linux = {'cgroup_parent': f'{engine.cgroup}{suffix}', **config.pop('linux', {})}
        self.config = {
            'metadata': {'name': f'{engine.name}{suffix}', 'uid': f'{engine.name}{suffix}', 'namespace': 'tests'},
            'hostname': 'pod', 'log_directory': str(self.logs), 'linux': linux, **config}
        self.id = None
        engine.pods.append(self)

    def run(self, handler):
        self.logs.mkdir()
        self.id = self.client.call('RunPodSandbox', config=self.config, runtime_handler=handler)['pod_sandbox_id']

    def status(self):
        return self.client.call('PodSandboxStatus', pod_sandbox_id=self.id)['status']

    def stop(self):
        self.client.call('StopPodSandbox', pod_sandbox_id=self.id)

    def remove(self):
        if self.id:
            self.stop()
            self.client.call('RemovePodSandbox', pod_sandbox_id=self.id)
        # The pod's cgroup is its parent's, of a kubelet: the runtime leaves it.
        for folder in self.environment.cgroups():
            if folder.name == self.cgroup:
                folder.rmdir()

    def create(self, name, *command, security=None, resources=None, **config):
        """A container that is not started yet; `security`: its LinuxContainerSecurityContext."""
        # As the kubelet sends them: the network and the IPC of the pod, processes of its own.
        security = {'namespace_options': {'pid': cri.CONTAINER},
                    'masked_paths': ['/proc/kcore', '/proc/keys', '/sys/firmware'],
                    'readonly_paths': ['/proc/bus', '/proc/fs', '/proc/sys'],
                    'seccomp': {'profile_type': cri.RUNTIME_DEFAULT}, **(security or {})}
        config = {'metadata': {'name': name}, 'image': {'image': IMAGE}, 'log_path': f'{name}.log',
                  'command': list(command or ('sleep', '600')),
                  'linux': {'security_context': security, 'resources': resources or {}}, **config}
        made = self.client.call('CreateContainer', pod_sandbox_id=self.id, config=config, sandbox_config=self.config)
        return PodContainer(self, made['container_id'], name)

    def start(self, name, *command, **config):
        container = self.create(name, *command, **config)
        container.start()
        return container


class PodContainer:
    def __init__(self, pod, id, name):
        self.pod, self.id, self.name = pod, id, name

    def _call(self, method, **values):
        return self.pod.client.call(method, container_id=self.id, **values)

    def start(self):
        self._call('StartContainer')

    def stop(self, timeout=60):
        self._call('StopContainer', timeout=timeout)

    def remove(self):
        self._call('RemoveContainer')

    def status(self):
        return self._call('ContainerStatus')['status']

    def info(self):
        """What containerd knows of it: pid, runtime spec."""
        return json.loads(self._call('ContainerStatus', verbose=True)['info']['info'])

    def wait(self):
        """Waits for its end; its status."""
        wait_until(lambda: self.status()['state'] == cri.EXITED, f'the end of {self.name}')
        return self.status()

    def exec(self, *command, code=0, timeout=0):
        """What the command writes to standard output."""
        done = self._call('ExecSync', cmd=list(command), timeout=timeout)
        check(done['exit_code'] == code, f'{" ".join(command)}: ended with {done["exit_code"]}, not {code}: {done}')
        return done['stdout']

    def log(self):
        """(stream, text) of each line, without the times."""
        lines = (self.pod.logs / f'{self.name}.log').read_text().splitlines()
        return [tuple(line.split(' ', 3)[1:4:2]) for line in lines]

    def namespace(self, name):
        return os.readlink(f'/proc/{self.info()["pid"]}/ns/{name}')
