"""The root file system that containers of the tests run, of Debian packages, as a tar file."""

import fcntl
import hashlib
import os
import pathlib
import subprocess
import sys

RELEASE = 'bookworm'
PACKAGES = ('base-files base-passwd bash busybox coreutils dash debianutils diffutils findutils grep '
            'hostname iproute2 iputils-ping libc-bin mount netcat-openbsd perl-base procps python3-minimal '
            'sed tar usr-is-merged util-linux').split()
# Nothing that a test reads.
EXCLUDED = ('/usr/share/doc/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/share/man/*',
            '/usr/lib/*/gconv/*')
# What only the installation needed.
REMOVED = '/usr/bin/perl* /usr/lib/*/perl-base /usr/share/perl* /var/cache/debconf/* /var/lib/dpkg/info/*'
# In this order: a directory that outlives the sources, if the machine has it.
CACHES = ('/var/cache/agentbox-tests', pathlib.Path(__file__).resolve().parents[3] / 'build')


def cache_directory():
    if named := os.environ.get('AGENTBOX_TEST_CACHE'):
        os.makedirs(named, exist_ok=True)
        return pathlib.Path(named)
    folder = next((pathlib.Path(it) for it in CACHES if os.path.isdir(it)), None)
    if not folder:
        sys.exit(f'no directory to keep an image in: none of {", ".join(map(str, CACHES))}')
    return folder


def image_file():
    """The tar file, made where the cache does not have it. Needs the network."""
    key = hashlib.sha256(repr((RELEASE, PACKAGES, EXCLUDED, REMOVED)).encode()).hexdigest()[:12]
    path = cache_directory() / f'engines-image-{key}.tar'
    with open(path.with_suffix('.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _make(path)
    return path


def _make(path):
    new = path.with_name(f'{path.stem}.new.tar')
    new.unlink(missing_ok=True)
    options = [f'--dpkgopt=path-exclude={pattern}' for pattern in EXCLUDED]
    made = subprocess.run(
        ['mmdebstrap', '--variant=custom', '--mode=root', f'--include={",".join(PACKAGES)}',
         '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr', *options,
         f'--customize-hook=cd "$1" && rm -rf {REMOVED.replace("/", "./", 1).replace(" /", " ./")}', RELEASE, new], capture_output=True, text=True)
    if made.returncode != 0:
        new.unlink(missing_ok=True)
        sys.exit(f'mmdebstrap exited with {made.returncode}:\n{made.stderr}')
    new.rename(path)
