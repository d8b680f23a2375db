#!/usr/bin/env python3
"""Writes an image as one file that `docker load` (20.10 and newer) and `podman load` take.

    images/archive.py --name NAME --output FILE LAYER...

LAYER is a directory, the lowest first, as overlayfs leaves an upper directory: a file that is deleted is a
character device 0:0, a directory that hides the one below has the attribute trusted.overlay.opaque. In the
file they are `.wh.` names. The file is an OCI image layout, with Docker's manifest.json beside it.
Names are sorted, and no time is later than $SOURCE_DATE_EPOCH, so that of equal layers comes an equal file.
"""

import argparse
import datetime
import hashlib
import io
import json
import os
import pathlib
import stat
import sys
import tarfile
import typing

EPOCH = int(os.environ.get('SOURCE_DATE_EPOCH', '1767225600'))
ARCHITECTURES = {'x86_64': 'amd64', 'aarch64': 'arm64'}
# Attributes that are the overlay's own, or the host's.
LEFT_OUT = ('trusted.', 'system.', 'security.selinux')


class Hashing:
    """A file that is written, and its SHA-256."""

    def __init__(self, file: typing.BinaryIO) -> None:
        self.file, self.hash, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return self.file.write(data)


def entry_of(path: str, name: str, seen: dict[tuple[int, int], str]) -> tarfile.TarInfo:
    """The entry of a file, or a hard link to one of `seen`."""
    status = os.lstat(path)
    entry = tarfile.TarInfo(name)
    entry.mode, entry.uid, entry.gid = stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid
    entry.mtime = min(int(status.st_mtime), EPOCH)
    if stat.S_ISDIR(status.st_mode):
        entry.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(status.st_mode):
        entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        first = seen.setdefault((status.st_dev, status.st_ino), name)
        if first != name:
            entry.type, entry.linkname = tarfile.LNKTYPE, first
            return entry
        entry.size = status.st_size
    elif stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
        entry = tarfile.TarInfo(os.path.join(os.path.dirname(name), '.wh.' + os.path.basename(name)))
        entry.mtime = EPOCH
        return entry
    else:
        raise ValueError(f'{path}: neither file, directory nor link')
    entry.pax_headers = {f'SCHILY.xattr.{it}': os.getxattr(path, it, follow_symlinks=False).decode('utf-8', 'surrogateescape')
                         for it in sorted(os.listxattr(path, follow_symlinks=False)) if not it.startswith(LEFT_OUT)}
    return entry


def is_opaque(path: str) -> bool:
    return 'trusted.overlay.opaque' in os.listxattr(path, follow_symlinks=False)


def add_tree(tar: tarfile.TarFile, directory: str, inside: str, seen: dict[tuple[int, int], str]) -> None:
    """Adds what is in a directory, and all below it, in the order of the names."""
    for name in sorted(os.listdir(directory)):
        path, there = os.path.join(directory, name), os.path.join(inside, name)
        entry = entry_of(path, there, seen)
        if entry.isreg() and entry.size:
            with open(path, 'rb') as file:
                tar.addfile(entry, file)
        else:
            tar.addfile(entry)
        if entry.isdir():
            if is_opaque(path):
                opaque = tarfile.TarInfo(os.path.join(there, '.wh..wh..opq'))
                opaque.mtime = EPOCH
                tar.addfile(opaque)
            add_tree(tar, path, there, seen)


def write_layer(directory: str, output: pathlib.Path) -> tuple[str, int]:
    """The layer as a tar file; its digest and size."""
    with open(output, 'wb') as file:
        hashing = Hashing(file)
        with tarfile.open(fileobj=typing.cast(typing.IO[bytes], hashing), mode='w|', format=tarfile.PAX_FORMAT,
                          bufsize=1 << 20) as tar:
            add_tree(tar, directory, '', {})
    return hashing.hash.hexdigest(), hashing.size


def config_of(layers: list[str], name: str) -> bytes:
    created = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    return json.dumps({
        'architecture': ARCHITECTURES[os.uname().machine], 'os': 'linux', 'created': created,
        'config': {
            'User': 'agent', 'WorkingDir': '/home/agent', 'Cmd': ['/bin/bash'],
            'Env': ['PATH=/home/agent/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
                    'LANG=en_US.UTF-8']},
        'rootfs': {'type': 'layers', 'diff_ids': [f'sha256:{it}' for it in layers]},
        'history': [{'created': created, 'created_by': f'images/build {name}'} for _ in layers]},
        sort_keys=True).encode()


class Archive:
    """A tar file of blobs, which knows their digests."""

    def __init__(self, path: pathlib.Path) -> None:
        self.tar = tarfile.open(path, 'w', format=tarfile.PAX_FORMAT)

    def add(self, name: str, content: typing.BinaryIO, size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = size, EPOCH, 0o644
        self.tar.addfile(entry, content)

    def add_blob(self, content: bytes, kind: str) -> dict[str, typing.Any]:
        digest = hashlib.sha256(content).hexdigest()
        self.add(f'blobs/sha256/{digest}', io.BytesIO(content), len(content))
        return {'mediaType': f'application/vnd.oci.image.{kind}+json', 'digest': f'sha256:{digest}', 'size': len(content)}

    def add_json(self, name: str, value: object) -> None:
        content = json.dumps(value, sort_keys=True).encode()
        self.add(name, io.BytesIO(content), len(content))


def write_archive(name: str, output: pathlib.Path, directories: list[str]) -> None:
    archive = Archive(output)
    layers: list[tuple[str, int]] = []
    for directory in directories:
        part = output.with_suffix('.layer')
        layer = write_layer(directory, part)
        with open(part, 'rb') as file:
            archive.add(f'blobs/sha256/{layer[0]}', file, layer[1])
        part.unlink()
        layers.append(layer)
        print(f'{layer[1] >> 20:6} MiB  sha256:{layer[0]}  {directory}', file=sys.stderr)
    config = archive.add_blob(config_of([digest for digest, _ in layers], name), 'config.v1')
    manifest = archive.add_blob(json.dumps({
        'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json', 'config': config,
        'layers': [{'mediaType': 'application/vnd.oci.image.layer.v1.tar', 'digest': f'sha256:{digest}', 'size': size}
                   for digest, size in layers]}, sort_keys=True).encode(), 'manifest.v1')
    manifest['annotations'] = {'io.containerd.image.name': f'docker.io/{name}:latest',
                               'org.opencontainers.image.ref.name': 'latest'}
    archive.add_json('index.json', {'schemaVersion': 2, 'manifests': [manifest],
                                    'mediaType': 'application/vnd.oci.image.index.v1+json'})
    archive.add_json('oci-layout', {'imageLayoutVersion': '1.0.0'})
    archive.add_json('manifest.json', [{
        'Config': f'blobs/sha256/{config["digest"][7:]}', 'RepoTags': [f'{name}:latest'],
        'Layers': [f'blobs/sha256/{digest}' for digest, _ in layers]}])
    archive.tar.close()


def main() -> None:
    parser = argparse.ArgumentParser(description='Writes an image; see the top of this file.')
    parser.add_argument('--name', required=True)
    parser.add_argument('--output', type=pathlib.Path, required=True)
    parser.add_argument('layers', nargs='+')
    options = parser.parse_args()
    new = options.output.with_suffix('.new')
    try:
        write_archive(options.name, new, options.layers)
        new.rename(options.output)
    finally:
        new.unlink(missing_ok=True)
        new.with_suffix('.layer').unlink(missing_ok=True)


main()
