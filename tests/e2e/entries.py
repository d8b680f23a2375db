#!/usr/bin/env python3
"""The entry points of published exploits (tests/guest/probe.cc) under Docker's default profile, which
runc loads, and under the profiles of agentbox: a table, and one TAP line for each check.

Usage: entries.py AGENTBOX GUEST CONFIG, where CONFIG is a config.json that Docker 20.10 wrote. As root.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

AGENTBOX, GUEST, CONFIG = sys.argv[1:]
PROFILES = ('dev', 'debug', 'netns', 'engine', 'paranoid')
# Of 100; the default of 2026, which refuses AF_ALG and AF_VSOCK too.
CLOSED = {'docker': 85, 'dev': 97, 'debug': 94, 'netns': 74, 'engine': 32,
          'paranoid': 99}
OPEN_UNDER_DOCKER = {'kernel-tls', 'unix-splice', 'unix-oob', 'multicast',
                     'af-key', 'af-rxrpc', 'af-packet', 'udp-encap', 'mmap-growsdown'}
OPEN_UNDER_OURS = {'unix-splice', 'multicast'}


def docker_seccomp():
    """Docker's default as its latest files have it: 20.10's, but for io_uring, sockets and process_vm_*."""
    profile = json.loads(pathlib.Path(CONFIG).read_text())['linux']['seccomp']
    gone = {'socket', 'io_uring_setup', 'io_uring_enter', 'io_uring_register'}
    for rule in profile['syscalls']:
        rule['names'] = [name for name in rule['names'] if name not in gone]
    profile['syscalls'].append({'names': ['process_vm_readv', 'process_vm_writev'], 'action': 'SCMP_ACT_ALLOW'})
    for operator, family in (('SCMP_CMP_LT', 38), ('SCMP_CMP_EQ', 39), ('SCMP_CMP_GT', 40)):
        profile['syscalls'].append({
            'names': ['socket'], 'action': 'SCMP_ACT_ALLOW',
            'args': [{'index': 0, 'value': family, 'op': operator}]})
    return profile


def configuration():
    config = json.loads(pathlib.Path(CONFIG).read_text())
    return {
        'ociVersion': '1.0.2',
        'process': {'user': {'uid': 0, 'gid': 0}, 'args': ['/guest', 'probe'], 'cwd': '/',
                    'env': ['PATH=/'], 'capabilities': config['process']['capabilities']},
        'root': {'path': 'rootfs'},
        'mounts': [{'destination': '/proc', 'type': 'proc', 'source': 'proc'}],
        'linux': {'namespaces': [{'type': kind} for kind in
                                 ('mount', 'network', 'uts', 'pid', 'ipc')],
                  'seccomp': docker_seccomp()},
    }


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def answers(output):
    """{entry point: (number of exploits, 'open' or an errno)}"""
    return {name: (int(exploits), answer)
            for name, exploits, answer in (line.split() for line in output.splitlines())}


def closed(found):
    return sum(exploits for exploits, answer in found.values() if answer != 'open')


def opened(found):
    return {name for name, (_, answer) in found.items() if answer == 'open'}


def probe(directory):
    (directory / 'rootfs/proc').mkdir(parents=True)
    shutil.copy(GUEST, directory / 'rootfs/guest')
    (directory / 'config.json').write_text(json.dumps(configuration()))
    name = f'entries-{directory.name}'
    found = {'none': answers(run(GUEST, 'probe'))}
    found['docker'] = answers(run('runc', '--root', str(directory / 'runc'), 'run', '--bundle',
                                  str(directory), name))
    for profile in PROFILES:
        (directory / 'policy.json').write_text(json.dumps({'profile': profile}))
        found[profile] = answers(run(
            AGENTBOX, '--root', str(directory / 'root'), '--policy', str(directory / 'policy.json'),
            'run', '--bundle', str(directory), name))
    return found


def print_table(found):
    print('# ' + ' '.join(f'{column:>16}' for column in ('', *found)))
    for name in found['none']:
        print('# ' + ' '.join(f'{text:>16}' for text in
                              (name, *(column[name][1] for column in found.values()))))
    print('# ' + ' '.join(f'{text:>16}' for text in
                          ('closed of 100', *(closed(column) for column in found.values()))))


def checks(found):
    for name, exploits in CLOSED.items():
        yield f'{name} closes {exploits} of 100', closed(found[name]) == exploits
    yield 'docker leaves open what is known', opened(found['docker']) == OPEN_UNDER_DOCKER
    yield 'dev leaves three open, which are named', opened(found['dev']) == OPEN_UNDER_OURS
    yield 'without a filter all are open', closed(found['none']) == 0
    # Docker's would answer unshare(2) with EPERM.
    yield "Docker's default is replaced by ours", found['dev']['netlink-netfilter'][1] == 'ENOSPC'


with tempfile.TemporaryDirectory(dir='/var/tmp') as folder:
    FOUND = probe(pathlib.Path(folder))
print_table(FOUND)
failed = 0
for number, (text, holds) in enumerate(checks(FOUND), 1):
    print(f'{"ok" if holds else "not ok"} {number} - {text}')
    failed += not holds
sys.exit(failed > 0)
