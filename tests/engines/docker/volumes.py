"""Volumes and mounts: named, bind, tmpfs; ids, propagation, sockets."""

import os
import socket
import subprocess
import threading

from harness import PATIENCE, case, check, wait_until


def own_of(path):
    status = os.lstat(path)
    return f'{status.st_uid}:{status.st_gid} {status.st_mode & 0o7777:o}'


@case
def a_named_volume_keeps_its_files(docker):
    volume = ('--volume', f'{docker.name}:/data')
    docker.run('sh', '-c', 'echo kept >/data/file; mkdir /data/sub; chown 1000:1001 /data/file; chmod 4751 /data/file',
               options=volume)
    inside = docker.run('sh', '-c', 'cat /data/file; stat -c "%u:%g %a %n" /data /data/file /data/sub', options=volume).out
    mount_point = docker.command('volume', 'inspect', '--format', '{{.Mountpoint}}', docker.name).out.strip()
    return inside, own_of(f'{mount_point}/file'), own_of(f'{mount_point}/sub')


@case
def a_new_volume_gets_the_images_files(docker):
    return docker.run('sh', '-c', 'ls -lan /var/lib/dpkg | wc -l; stat -c "%u:%g %a" /var/lib/dpkg /var/lib/dpkg/status',
                      options=('--volume', f'{docker.name}:/var/lib/dpkg')).out


@case
def an_anonymous_volume(docker):
    docker.start(options=('--volume', '/anonymous'))
    docker.exec('touch', '/anonymous/x')
    return docker.inspect('{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}}{{end}}')


@case
def a_bind_of_a_directory_has_the_ids_of_the_host(docker):
    for name, uid in (('root', 0), ('user', 1000), ('many', 60000)):
        (docker.directory / name).write_text(name)
        os.chown(docker.directory / name, uid, uid)
        os.chmod(docker.directory / name, 0o600)
    inside = docker.run('sh', '-c', 'cd /data; stat -c "%u:%g %n" *; cat *; touch made; chown 1234:99 made; '
                        'mkdir -m 750 folder; ln -s made link; mkfifo -m 600 fifo',
                        options=('--volume', f'{docker.directory}:/data')).out
    as_user = docker.run('sh', '-c', 'cat /data/user && ! cat /data/root 2>/dev/null && echo as it should',
                         options=('--user', '1000', '--volume', f'{docker.directory}:/data')).out
    return inside, as_user, [(name, own_of(docker.directory / name)) for name in ('made', 'folder', 'link', 'fifo')]


@case
def a_bind_of_a_file(docker):
    file = docker.directory / 'file'
    file.write_text('from the host\n')
    inside = docker.run('sh', '-c', 'cat /etc/new-file /etc/issue; echo from inside >/etc/issue',
                        options=('--volume', f'{file}:/etc/new-file', '--volume', f'{file}:/etc/issue')).out
    return inside, file.read_text()


@case
def a_read_only_bind(docker):
    (docker.directory / 'file').write_text('old\n')
    result = docker.run('sh', '-c', 'echo new >/data/file; touch /data/x; mount -o remount,rw,bind /data; '
                        'echo new >/data/file; cat /data/file',
                        options=('--cap-add', 'SYS_ADMIN', '--volume', f'{docker.directory}:/data:ro'), code=0)
    check('Read-only file system' in result.err, result.err)
    return (docker.directory / 'x').exists()


@case(agentbox='old', because='mounts are locked: not even CAP_SYS_ADMIN undoes a read-only one')
def a_read_only_bind_stays_so(docker):
    (docker.directory / 'file').write_text('old')
    docker.run('sh', '-c', 'mount -o remount,rw,bind /data; echo new >/data/file',
               options=('--cap-add', 'SYS_ADMIN', '--security-opt', 'apparmor=unconfined',
                        '--volume', f'{docker.directory}:/data:ro'), code=None)
    return (docker.directory / 'file').read_text()


@case(agentbox='1000', because='set-uid files in volumes give nothing: what container root makes there the host sees')
def set_uid_files_in_volumes(docker):
    return docker.run('sh', '-c', 'cp /usr/bin/id /data/ && chmod 4755 /data/id && setpriv --reuid 1000 /data/id -u',
                      options=('--volume', f'{docker.directory}:/data')).out


@case
def mounts_by_the_long_option(docker):
    (docker.directory / 'sub').mkdir()
    result = docker.run('sh', '-c', 'touch /b/x; touch /v/y && ls /v; touch /t/z && df --output=size /t | tail -n1',
                        options=('--mount', f'type=bind,source={docker.directory}/sub,target=/b,readonly',
                                 '--mount', f'type=volume,source={docker.name},target=/v',
                                 '--mount', 'type=tmpfs,target=/t,tmpfs-size=2097152,tmpfs-mode=1770'))
    return result


@case
def a_missing_source_is_made(docker):
    return docker.run('sh', '-c', 'touch /data/x', options=('--volume', f'{docker.directory}/new/path:/data')).out, \
        own_of(docker.directory / 'new/path'), own_of(docker.directory / 'new/path/x')


@case
def volumes_below_each_other(docker):
    (docker.directory / 'outer').mkdir()
    (docker.directory / 'inner').mkdir()
    (docker.directory / 'inner/file').write_text('inner')
    return docker.run('sh', '-c', 'cat /a/b/c/file; ls /a /a/b; touch /a/outer-file', options=(
        '--volume', f'{docker.directory}/inner:/a/b/c', '--volume', f'{docker.directory}/outer:/a')).out, \
        sorted(os.listdir(docker.directory / 'outer'))


@case
def a_bind_that_holds_mounts(docker):
    """What is mounted below the source is seen, too."""
    below = docker.directory / 'below'
    below.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'below', below], check=True)
    try:
        (below / 'file').write_text('on the tmpfs')
        os.chown(below / 'file', 77, 88)
        return docker.run('sh', '-c', 'cat /data/below/file; stat -c %u:%g /data/below/file',
                          options=('--volume', f'{docker.directory}:/data')).out
    finally:
        subprocess.run(['umount', below], check=True)


@case
def mounts_of_the_host_come_in_by_rslave(docker):
    source = docker.directory / 'source'
    source.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', 'source', source], check=True)
    subprocess.run(['mount', '--make-shared', source], check=True)
    try:
        (source / 'later').mkdir()
        docker.start(options=('--volume', f'{source}:/slave:rslave', '--volume', f'{source}:/private'))
        subprocess.run(['mount', '-t', 'tmpfs', 'later', source / 'later'], check=True)
        (source / 'later/file').write_text('came later')
        return docker.exec('sh', '-c', 'cat /slave/later/file; ls /private/later').out
    finally:
        docker.remove()
        subprocess.run(['umount', '-R', source], check=True)


def mount_inside(docker, propagation):
    source = docker.directory / 'source'
    source.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'source', source], check=True)
    subprocess.run(['mount', '--make-shared', source], check=True)
    try:
        (source / 'sub').mkdir()
        docker.run('sh', '-c', 'mount -t tmpfs none /data/sub; touch /data/sub/file', options=(
            '--cap-add', 'SYS_ADMIN', '--security-opt', 'apparmor=unconfined',
            '--volume', f'{source}:/data:{propagation}'))
        return 'mounted' if os.path.ismount(source / 'sub') else 'not mounted'
    finally:
        subprocess.run(['umount', '-R', source], check=True)


@case(agentbox='not mounted', because='no mount of a container ever reaches the host: its namespace is a slave')
def mounts_of_the_container_do_not_go_out_by_rshared(docker):
    return mount_inside(docker, 'rshared')


@case
def tmpfs(docker):
    return docker.run('sh', '-c', 'stat -f -c %T /t; stat -c "%a %u:%g" /t; df --output=size /t | tail -n1; touch /t/x; '
                      'grep " /t " /proc/self/mounts | grep -o noexec; cp /bin/true /t; /t/true || echo refused',
                      options=('--tmpfs', '/t:size=1m,mode=1700,noexec')).out


@case
def a_read_only_root(docker):
    result = docker.run('sh', '-c', 'touch /x; touch /tmp/x; touch /run/x && echo run; echo h >>/etc/hosts && echo hosts',
                        options=('--read-only', '--tmpfs', '/run'), code=2)
    check('Read-only file system' in result.err, result.err)
    return result


@case
def volumes_from_another(docker):
    docker.start(options=('--volume', f'{docker.name}:/data', '--volume', f'{docker.directory}:/bound:ro'))
    docker.exec('sh', '-c', 'echo shared >/data/file')
    result = docker.run('sh', '-c', 'cat /data/file; echo back >/data/back; touch /bound/x', suffix='-other', code=1,
                        options=('--volumes-from', docker.container()))
    return result, docker.exec('cat', '/data/back').out


def serve_once(path, mode):
    """A server on a unix socket, which upper-cases a line."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    os.chmod(path, mode)
    server.listen(1)
    server.settimeout(PATIENCE)

    def serve():
        with server, server.accept()[0] as connection:
            connection.sendall(connection.recv(100).upper())
    threading.Thread(target=serve, daemon=True).start()


CONNECT = ('import socket; s = socket.socket(socket.AF_UNIX); s.connect("/data/socket"); s.sendall(b"hello"); '
           'print(s.recv(100).decode())')


@case
def a_socket_of_the_host(docker):
    serve_once(docker.directory / 'socket', 0o600)
    return docker.run('python3', '-c', CONNECT, options=('--volume', f'{docker.directory}:/data')).out


@case
def a_socket_itself_as_volume(docker):
    serve_once(docker.directory / 'engine.sock', 0o660)
    return docker.run('python3', '-c', CONNECT, options=('--volume', f'{docker.directory}/engine.sock:/data/socket')).out


@case
def a_socket_of_the_container(docker):
    docker.start('nc', '-lU', '/data/socket', options=('--volume', f'{docker.directory}:/data', '--interactive'))
    with socket.socket(socket.AF_UNIX) as client:
        # It has its name before it is listened on.
        wait_until(lambda: client.connect_ex(str(docker.directory / 'socket')) == 0, 'the server')
        client.sendall(b'from the host')
    docker.wait()
    return docker.logs()


@case
def a_socket_between_containers(docker):
    volume = ('--volume', f'{docker.name}:/data')
    docker.start('nc', '-lU', '/data/socket', options=volume)
    docker.run('sh', '-c', 'until echo hello | nc -NU /data/socket 2>/dev/null; do sleep 0.05; done',
               options=volume, suffix='-client')
    docker.wait()
    return docker.logs()


@case(agentbox='*is on ramfs, whose files this kernel can not show with the container*ids*keep it on ext4*', because='the host\'s ids are never used instead')
def a_volume_without_mapped_ids_is_refused(docker):
    source = docker.directory / 'source'
    source.mkdir()
    subprocess.run(['mount', '-t', 'ramfs', 'source', source], check=True)
    try:
        return docker.run('ls', '/data', options=('--volume', f'{source}:/data'), code=None).err
    finally:
        subprocess.run(['umount', source], check=True)


@case
def files_that_docker_makes(docker):
    """hosts, hostname and resolv.conf are Docker's, and may be written to."""
    return docker.run('sh', '-c', 'stat -c "%u:%g %a %n" /etc/hosts /etc/hostname /etc/resolv.conf; cat /etc/hostname; '
                      'echo 1.2.3.4 other >>/etc/hosts; grep other /etc/hosts; getent hosts other',
                      options=('--hostname', 'given')).out


@case
def a_volume_over_the_images_symbolic_link(docker):
    """The link is followed inside, never outside."""
    (docker.directory / 'file').write_text('here')
    return docker.run('sh', '-c', 'cat /var/run/file; ls /run', options=('--volume', f'{docker.directory}:/var/run')).out
