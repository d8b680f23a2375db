"""What becomes of writes to the root file system: restart, diff, commit, export, cp."""

import tarfile

from harness import case, check, wait_until

WRITE = 'echo new >/root/new; rm /etc/debian_version; echo changed >>/etc/issue; mkdir /root/d; chown 12:34 /root/d'
THROWN_AWAY = 'what is written is thrown away'


def diff(docker):
    lines = docker.command('diff', docker.container()).out.splitlines()
    # Docker makes these itself, with either runtime.
    return sorted(line for line in lines if line.split()[1] in ('/root/new', '/root/d', '/etc/debian_version', '/etc/issue'))


def written(docker):
    docker.start('sh', '-c', f'{WRITE}; echo written; sleep 600')
    wait_until(lambda: 'written' in docker.logs(), 'the writes')
    return diff(docker)


@case(agentbox=[], because=THROWN_AWAY)
def diff_sees_no_writes(docker):
    return written(docker)


@case(policy='engine-rootfs')
def diff_sees_writes_to_the_engines_layer(docker):
    found = written(docker)
    docker.command('kill', docker.container())
    docker.wait()
    return found, diff(docker)


def restarted(docker):
    docker.start('sh', '-c', 'cat /root/kept; stat -c %u:%g /root/d; mkdir /root/d; chown 12:34 /root/d; echo kept >/root/kept')
    docker.wait()
    docker.command('start', docker.container())
    docker.wait()
    return [line for line in docker.logs().splitlines() if 'cat:' not in line and 'stat:' not in line and 'mkdir:' not in line]


@case(agentbox=[], because=THROWN_AWAY)
def a_restart_begins_anew(docker):
    return restarted(docker)


@case(policy='engine-rootfs')
def a_restart_sees_writes_to_the_engines_layer(docker):
    found = restarted(docker)
    check('kept' in found, str(found))
    return found


def committed(docker):
    written(docker)
    image = f'image-{docker.name}'
    docker.command('commit', docker.container(), image)
    try:
        return docker.run('sh', '-c', 'cat /root/new; stat -c %u:%g /root/d; ls /etc/debian_version', image=image,
                          suffix='-of-commit', code=None).out
    finally:
        docker.command('rmi', image)


@case(agentbox='/etc/debian_version', because=THROWN_AWAY)
def commit_sees_no_writes(docker):
    return committed(docker)


@case(policy='engine-rootfs')
def commit_sees_writes_to_the_engines_layer(docker):
    return committed(docker)


def exported(docker):
    written(docker)
    file = docker.directory / 'export.tar'
    docker.command('export', '--output', file, docker.container())
    with tarfile.open(file) as tar:
        members = {it.name: (it.uid, it.gid) for it in tar.getmembers()}
    return [(name, members.get(name)) for name in ('root/new', 'root/d', 'etc/debian_version', 'usr/bin/sort')]


@case(agentbox=[['root/new', None], ['root/d', None], ['etc/debian_version', [0, 0]], ['usr/bin/sort', [0, 0]]],
      because=THROWN_AWAY)
def export_sees_no_writes(docker):
    return exported(docker)


@case(policy='engine-rootfs')
def export_sees_writes_to_the_engines_layer(docker):
    return exported(docker)


def copied_out(docker):
    written(docker)
    source = f'{docker.container()}:/root/new'
    return docker.command('cp', source, '-', code=None)


@case(agentbox='*No such container:path: NAME:/root/new', because=THROWN_AWAY)
def cp_out_of_a_running_container(docker):
    result = copied_out(docker)
    return result.err or 'copied'


@case(policy='engine-rootfs')
def cp_out_of_a_running_container_of_the_engines_layer(docker):
    written(docker)
    docker.command('cp', f'{docker.container()}:/root', docker.directory / 'copy')
    return (docker.directory / 'copy/new').read_text(), sorted(it.name for it in (docker.directory / 'copy').glob('[!.]*'))


@case
def cp_into_a_running_container_is_whole_or_not_there(docker):
    """As the manual says: maybe it is seen. Under runc it always is."""
    text = 'a line that is copied\n' * 100000
    (docker.directory / 'file').write_text(text)
    docker.start()
    docker.command('cp', docker.directory / 'file', f'{docker.container()}:/opt/file')
    docker.command('cp', docker.directory / 'file', f'{docker.container()}:/etc/issue')
    new, replaced = (docker.exec('cat', path, code=None) for path in ('/opt/file', '/etc/issue'))
    is_whole = [new.out == text, replaced.out == text]
    if docker.runtime == 'runc':
        check(all(is_whole), f'{len(new.out)} {len(replaced.out)}')
    check(is_whole[0] or 'No such file' in new.err, new.err + new.out[:100])
    # The image's own, not a part of either.
    check(is_whole[1] or replaced.out == docker.run('cat', '/etc/issue', suffix='-2').out, replaced.out[:100])
    return docker.exec('echo', 'goes on')


@case(policy='engine-rootfs')
def cp_into_a_running_container_of_the_engines_layer(docker):
    """Of what it has not looked at yet."""
    docker.start('sh', '-c', 'mkdir /root/sub; echo made; sleep 600')
    wait_until(lambda: 'made' in docker.logs(), 'the directory')
    (docker.directory / 'file').write_text('copied\n')
    for target in ('/root/sub/file', '/opt/file'):
        docker.command('cp', docker.directory / 'file', f'{docker.container()}:{target}')
    return docker.exec('sh', '-c', 'cat /root/sub/file /opt/file; stat -c "%u:%g %n" /root/sub/* /opt/file').out


@case(policy='engine-rootfs')
def cp_of_a_stopped_container_of_the_engines_layer(docker):
    """In and out, also of what was looked at while it ran."""
    docker.start('sh', '-c', 'test -e /root/in && exec cat /root/in; echo old >/root/out; echo wrote; sleep 600')
    wait_until(lambda: 'wrote' in docker.logs(), 'the file')
    docker.command('diff', docker.container())
    docker.exec('sh', '-c', 'echo new >/root/out; cat /root/in', code=1)
    docker.command('kill', docker.container())
    docker.wait()
    (docker.directory / 'in').write_text('copied in\n')
    docker.command('cp', docker.directory / 'in', f'{docker.container()}:/root/in')
    docker.command('cp', f'{docker.container()}:/root/out', docker.directory / 'out')
    return (docker.directory / 'out').read_text(), docker.command('start', '--attach', docker.container()).out


@case
def cp_before_the_start(docker):
    docker.command('create', *docker.options(), 'tests', 'sh', '-c', 'cat /root/in; stat -c %u:%g /root/in; cat /etc/issue')
    (docker.directory / 'in').write_text('copied in\n')
    docker.command('cp', docker.directory / 'in', f'{docker.container()}:/root/in')
    docker.command('cp', docker.directory / 'in', f'{docker.container()}:/etc/issue')
    return docker.command('start', '--attach', docker.container()).out


@case
def cp_of_a_volume(docker):
    """A running container's volumes are copied from and to, whatever becomes of the rest."""
    docker.start(options=('--volume', f'{docker.name}:/data'))
    docker.exec('sh', '-c', 'echo inside >/data/inside; chown 5:6 /data/inside')
    (docker.directory / 'in').write_text('outside\n')
    docker.command('cp', docker.directory / 'in', f'{docker.container()}:/data/outside')
    docker.command('cp', f'{docker.container()}:/data/inside', docker.directory / 'out')
    return (docker.directory / 'out').read_text(), docker.exec('sh', '-c', 'cat /data/outside; stat -c "%u:%g %n" /data/*').out


@case
def a_file_of_the_image_is_copied_out(docker):
    docker.start()
    stream = docker.command('cp', f'{docker.container()}:/etc/passwd', docker.directory / 'passwd')
    check(stream.code == 0, str(stream))
    return (docker.directory / 'passwd').read_text() == docker.exec('cat', '/etc/passwd').out


@case
def the_image_is_as_it_was_packed(docker):
    """Ids, modes, set-uid bits and file capabilities are seen as they are in the image."""
    return docker.run('sh', '-c', 'find / -xdev -newermt 1970-01-01 -path /proc -prune -o -printf "%p %m %U:%G %y %s\n" '
                      '2>/dev/null | grep -v -e ^/proc -e ^/dev -e ^/sys -e ^/etc -e "^/ " -e "^/[^/]* .* d " | sort | md5sum; '
                      'python3 -c "import os; print(os.getxattr(\'/bin/ping\', \'security.capability\')[:12].hex())"',
                      code=None)
