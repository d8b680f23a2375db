"""Podman of Debian as an unprivileged user with subordinate ids, whom the suite makes in an /etc of its own."""

import os
import pathlib
import pwd
import stat
import subprocess

import podman

USER = 'engine-tests'
FIRST_SUBORDINATE_ID = 1 << 28


class Engine(podman.Engine):
    def prepare(self):
        home = self._make_home('user')
        subprocess.run(['useradd', '--no-create-home', '--home-dir', home, '--shell', '/bin/sh', USER], check=True,
                       capture_output=True)
        for file in ('/etc/subuid', '/etc/subgid'):
            kept = [line for line in pathlib.Path(file).read_text().splitlines() if not line.startswith(f'{USER}:')]
            pathlib.Path(file).write_text('\n'.join([*kept, f'{USER}:{FIRST_SUBORDINATE_ID}:65536', '']))
        self.entry = pwd.getpwnam(USER)
        self.runtime_directory = pathlib.Path(f'/run/user/{self.entry.pw_uid}')
        self.runtime_directory.mkdir(parents=True)
        for folder in (home, self.runtime_directory):
            folder.chmod(0o700)
            os.chown(folder, self.entry.pw_uid, self.entry.pw_gid)
        self._make_tunnel_device()
        self.environment.agentbox_states.append(home / '.local/share/agentbox')
        return home

    def _make_tunnel_device(self):
        """For slirp4netns, with the mode that udev gives it: here may be no udev."""
        folder = pathlib.Path('/dev/net')
        folder.mkdir(exist_ok=True)
        subprocess.run(['mount', '-t', 'tmpfs', 'net', folder], check=True)
        os.mknod(folder / 'tun', 0o600 | stat.S_IFCHR, os.makedev(10, 200))
        (folder / 'tun').chmod(0o666)

    def user(self):
        return ['setpriv', '--reuid', str(self.entry.pw_uid), '--regid', str(self.entry.pw_gid), '--init-groups']

    def variables(self):
        return {**super().variables(), 'XDG_RUNTIME_DIR': str(self.runtime_directory), 'USER': USER}

    def client(self, runtime, name, policy):
        return Podman(self, runtime, name, policy)

    def run_root(self):
        return f'{self.runtime_directory}/containers'

    def stop(self):
        self.podman('rm', '--all', '--force', '--time', '0')
        # The process that holds the user's namespaces, in which a mount may be left of a removal that Podman's own
        # clean-up came between.
        self.podman('system', 'migrate')
        self.podman('rmi', '--all', '--force')
        self.podman('system', 'migrate')
        subprocess.run(['umount', '/dev/net'], check=True)


class Podman(podman.Podman):
    def __exit__(self, *_):
        self.remove_named()
        # Files of subordinate ids are there.
        self.engine.podman('unshare', 'rm', '-rf', self.directory)

    def options(self, suffix=''):
        return ['--name', self.container(suffix)]
