"""What root and other users do alike: from run to rm, terminals, users, files, networks of a container."""

import re

from harness import case, check, wait_until

CAPABILITIES = ('grep', 'Cap', '/proc/self/status')


@case
def run_gives_streams_and_status(podman):
    return podman.run('sh', '-c', 'echo out; echo err >&2; id; exit 3', code=3)


@case
def input_reaches_the_process(podman):
    return podman.run('sh', '-c', 'cat; echo end', input='line\nno newline')


@case
def what_can_not_be_run_has_the_status_of_a_shell(podman):
    missing = podman.run('/nonexistent', code=127)
    check('/nonexistent' in missing.err and 'not found' in missing.err, missing.err)
    directory = podman.run('/etc', code=126)
    check('/etc' in directory.err, directory.err)
    podman.run('nonexistent-command', code=127)


@case
def exec_has_a_user_directory_and_environment_of_its_own(podman):
    podman.start()
    as_nobody = podman.exec('sh', '-c', 'id; pwd; echo $A$B; grep Cap /proc/self/status',
                            options=['-u', 'nobody', '-w', '/usr', '-e', 'A=x'])
    as_root = podman.exec('sh', '-c', 'id; cat; exit 5', input='in\n', code=5)
    privileged = podman.exec('grep', 'CapEff', '/proc/self/status', options=['--privileged'], code=None)
    missing = podman.exec('/nonexistent', code=127)
    check('/nonexistent' in missing.err, missing.err)
    return [as_nobody, as_root, privileged.code]


@case
def exec_detached_leaves_the_process_running(podman):
    podman.start()
    podman.exec('sh', '-c', 'echo $$ > /tmp/pid; exec sleep 600', options=['--detach'])
    pid = wait_until(lambda: podman.exec('cat', '/tmp/pid', code=None).out.strip(), 'the pid of what was detached')
    return wait_until(lambda: (it := podman.exec('cat', f'/proc/{pid}/comm')).out == 'sleep\n' and it, 'the program')


@case
def a_terminal_has_the_users_size_and_follows_it(podman):
    with podman.terminal('run', '--rm', '-it', *podman.options(), 'localhost/tests', 'sh', rows=33, columns=101) as it:
        it.expect(r'# $')
        it.send('until test "$(stty size)" = "33 101"; do :; done; tty; stty size; test -t 0 -a -t 1 -a -t 2 && echo a""ll\n')
        it.expect(r'/dev/pts/0\s')
        it.expect(r'33 101\s')
        it.expect(r'\ball\s')
        it.resize(50, 120)
        it.send('while test "$(stty size)" != "50 120"; do :; done; echo res""ized\n')
        it.expect(r'\bresized\s')
        it.send('ls -l /dev/console | cut -c1; exit 7\n')
        check(it.wait().code == 7, it.output)


@case
def control_c_and_job_control_work_on_a_terminal(podman):
    with podman.terminal('run', '--rm', '-it', *podman.options(), 'localhost/tests', 'bash', '--norc') as it:
        it.expect(r'# $')
        it.send("sh -c 'echo start''ed; exec sleep 600'\n")
        it.expect(r'\bstarted\s')
        it.send('\x03')
        it.expect(r'# $')
        it.send('echo status $?\n')
        it.expect(r'status 130\s')
        it.send("sh -c 'echo a''gain; exec sleep 600'\n")
        it.expect(r'\bagain\s')
        it.send('\x1a')
        it.expect(r'Stopped')
        it.send('kill -9 %1; wait %1; echo en""ded\n')
        it.expect(r'\bended\s')
        it.send('exit 4\nexit 4\n')
        check(it.wait().code == 4, it.output)


@case
def exec_and_attach_have_terminals(podman):
    podman.command('run', '-dit', *podman.options(), 'localhost/tests', 'sh')
    with podman.terminal('exec', '-it', podman.container(), 'sh', rows=20, columns=70) as it:
        it.expect(r'# $')
        it.send('until test "$(stty size)" = "20 70"; do :; done; stty size; exit 6\n')
        it.expect(r'20 70\s')
        check(it.wait().code == 6, it.output)
    with podman.terminal('attach', podman.container()) as it:
        it.send('\necho attach""ed\n')
        it.expect(r'\battached\s')
        it.send('exit 8\n')
        it.wait()
    return podman.wait()


@case
def stop_kill_and_restart(podman):
    podman.start('sh', '-c', 'trap "echo got TERM; exit 3" TERM; trap "echo got USR1" USR1; echo up; '
                 'while :; do sleep 0.05; done')
    logs = ['logs', podman.container()]
    wait_until(lambda: 'up' in podman.command(*logs).out, 'the start of the container')
    podman.command('kill', '--signal', 'USR1', podman.container())
    wait_until(lambda: 'USR1' in podman.command(*logs).out, 'the signal')
    podman.command('stop', '--time', '60', podman.container())
    stopped = podman.inspect('{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}')
    podman.command('restart', podman.container())
    wait_until(lambda: podman.command(*logs).out.count('up') == 2, 'the second start')
    podman.command('kill', podman.container())
    return [stopped, podman.wait(), podman.command(*logs)]


@case
def a_container_that_takes_too_long_is_ended(podman):
    # conmon counts from the creation: the start is to come before.
    return podman.run('sleep', '600', options=['--timeout', '5'], code=255)


@case
def processes_are_listed(podman):
    podman.start('sh', '-c', 'sleep 600 & exec sleep 601')
    wait_until(lambda: '600' in podman.command('top', podman.container(), 'args').out, 'the second process')
    by_podman = podman.command('top', podman.container(), 'pid', 'user', 'args').out
    return [re.sub(r' +', ' ', by_podman).split('\n')[0], sorted(re.findall(r'sleep 60.', by_podman)),
            podman.inspect('{{.State.Running}} {{.State.Paused}}')]


@case
def init_reaps_what_is_orphaned(podman):
    # What has ended can be sent a signal until it is reaped.
    script = ('pid=$(sh -c "sleep 0.01 >/dev/null & echo \\$!"); test "$pid"; '
              'while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done; cat /proc/1/comm')
    return podman.run('sh', '-ec', script, options=['--init'])


@case
def init_passes_signals_on(podman):
    podman.start('sh', '-c', 'trap "exit 9" TERM; touch /tmp/up; while :; do sleep 0.05; done', options=['--init'])
    wait_until(lambda: podman.exec('test', '-e', '/tmp/up', code=None).code == 0, 'the start')
    podman.command('stop', '--time', '60', podman.container())
    return podman.wait()


@case
def users_and_groups(podman):
    return [podman.run('sh', '-c', 'id; umask; echo $HOME', options=options) for options in (
        ['--user', 'nobody'], ['--user', '1234:99'], ['--user', 'nobody:daemon', '--group-add', 'audio'],
        ['--user', '5', '--umask', '0077'])]


@case
def capabilities_are_as_asked(podman):
    return [podman.run(*CAPABILITIES, options=options) for options in (
        [], ['--cap-drop', 'ALL'], ['--cap-drop', 'ALL', '--cap-add', 'CHOWN,NET_ADMIN'], ['--user', 'nobody'],
        ['--user', 'nobody', '--cap-add', 'NET_BIND_SERVICE'])]


def own_capabilities():
    """What Podman can give, as root: that of this suite. All, but on some machines for tests."""
    with open('/proc/self/status') as status:
        return int(next(line.split()[1] for line in status if line.startswith('CapBnd:')), 16)


@case(agentbox={'capabilities': 'all', 'disks': '0', 'fuse': 'none', 'null': 'there'}, runc=False,
      because='--privileged gives every capability in its own user namespace, and nothing of the host')
def privileged_is_so_inside_only(podman):
    out = podman.run('sh', '-c', '''
        echo "capabilities $(grep CapEff /proc/self/status | cut -f2)"
        echo "disks $(find /dev -type b | wc -l)"
        test -e /dev/fuse && echo "fuse there" || echo "fuse none"
        echo x >/dev/null && echo "null there"''', options=['--privileged']).out
    seen = dict(line.split(' ', 1) for line in out.splitlines())
    has_all = int(seen['capabilities'], 16) & own_capabilities() == own_capabilities()
    return {**seen, 'capabilities': 'all' if has_all else seen['capabilities']}


@case
def no_new_privileges_and_filters(podman):
    status = ('grep', '-E', '^(NoNewPrivs|Seccomp):', '/proc/self/status')
    return [podman.run(*status), podman.run(*status, options=['--security-opt', 'no-new-privileges'])]


@case(agentbox='Seccomp:\t2\n', because='its own filter stays where the engine asks for none')
def unconfined_is_still_filtered(podman):
    return podman.run('grep', 'Seccomp:', '/proc/self/status', options=['--security-opt', 'seccomp=unconfined']).out


@case
def a_profile_of_the_users_own_holds(podman):
    profile = podman.directory / 'profile.json'
    podman.write('profile.json', '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], '
                       '"action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}')
    return podman.run('sh', '-c', 'mkdir /tmp/x; echo $?', options=['--security-opt', f'seccomp={profile}'])


@case
def a_read_only_root_has_writable_tmpfs(podman):
    script = 'for d in / /etc /tmp /run /var/tmp /dev/shm; do touch $d/x && echo $d; done; cat /proc/mounts | grep -c " / .*ro,"'
    return [podman.run('sh', '-c', script, options=['--read-only']),
            podman.run('sh', '-c', script, options=['--read-only', '--read-only-tmpfs=false'])]


@case
def tmpfs_and_shm_have_sizes_and_modes(podman):
    script = 'stat -c "%n %a %u %g" /new /var/tmp /m /dev/shm; df -k --output=size /new /m /dev/shm'
    return podman.run('sh', '-c', script, options=[
        '--tmpfs', '/new:size=64k', '--tmpfs', '/var/tmp:size=1m', '--shm-size', '2m',
        '--mount', 'type=tmpfs,destination=/m,tmpfs-size=128k,tmpfs-mode=700'])


@case
def limits_of_processes(podman):
    return podman.run('sh', '-c', 'ulimit -n; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj', options=[
        '--ulimit', 'nofile=100:200', '--ulimit', 'nproc=1000:1000', '--ulimit', 'core=0', '--oom-score-adj', '700'])


@case
def names_and_hosts(podman):
    return podman.run('sh', '-c', 'hostname; cat /etc/resolv.conf; grep -c named /etc/hosts; grep 10.1.2.3 /etc/hosts',
                      options=[
                          '--hostname', 'named', '--dns', '192.0.2.1', '--dns-search', 'example',
                          '--dns-option', 'ndots:3', '--add-host', 'other:10.1.2.3'])


@case
def kernel_parameters(podman):
    names = ('kernel.msgmax', 'net.ipv4.ip_unprivileged_port_start', 'fs.mqueue.msg_max')
    return podman.run('sh', '-c', 'cat ' + ' '.join('/proc/sys/' + it.replace('.', '/') for it in names), options=[
        *(word for name, value in zip(names, (9000, 100, 20)) for word in ('--sysctl', f'{name}={value}'))])


@case
def without_a_network_there_is_only_a_loopback(podman):
    return podman.run('sh', '-c', 'ip -o link | cut -d: -f2; ping -c1 -W1 127.0.0.1 | grep -c ttl',
                      options=['--network', 'none'])


@case
def namespaces_of_another_container(podman):
    podman.start(options=['--ipc', 'shareable', '--hostname', 'first'])
    shares = [f'--{kind}=container:{podman.container()}' for kind in ('network', 'ipc', 'pid', 'uts')]
    podman.exec('sh', '-c', 'echo x > /dev/shm/shared')
    return podman.run('sh', '-c', 'hostname; cat /dev/shm/shared; cat /proc/1/comm; ip -o link | wc -l; id',
                      options=shares, suffix='-2')


@case
def volumes_show_the_ids_that_files_have(podman):
    host = podman.directory / 'volume'
    podman.run('sh', '-c', 'echo a > /v/root; install -o 7 -g 8 -m 640 /v/root /v/seven; ln -s root /v/link',
               options=['-v', f'{podman.directory}:/v'])
    seen = podman.run('sh', '-c', 'cd /v; stat -c "%n %u %g %a %F" root seven link; chown 5 root; stat -c %u root',
                      options=['-v', f'{podman.directory}:/v'])
    on_host = sorted((it.name, it.lstat().st_uid, it.lstat().st_gid) for it in podman.directory.iterdir())
    podman.run('sh', '-c', 'rm /v/*', options=['-v', f'{podman.directory}:/v'])
    check(not host.exists(), 'nothing makes it')
    return [seen, on_host]


@case
def volumes_may_be_read_only_or_files(podman):
    podman.write('file', 'of the host\n')
    return podman.run('sh', '-c', 'cat /file /d/file; touch /file; touch /d/new', code=1, options=[
        '-v', f'{podman.directory}/file:/file:ro', '-v', f'{podman.directory}:/d:ro'])


@case
def named_volumes_are_filled_and_shared(podman):
    name = podman.container('-volume')
    first = podman.run('sh', '-c', 'ls /etc/default | head -n3; echo x > /etc/default/new; stat -c %u:%g:%a /etc/default',
                       options=['-v', f'{name}:/etc/default'])
    podman.start(options=['-v', f'{name}:/data'])
    second = podman.run('sh', '-c', 'cat /data/new', suffix='-2', options=['--volumes-from', podman.container()])
    return [first, second]


@case
def volumes_with_u_change_owners(podman):
    podman.write('file', 'x')
    seen = podman.run('sh', '-c', 'stat -c "%u %g" /v /v/file; touch /v/new', options=[
        '--user', '1234:5678', '-v', f'{podman.directory}:/v:U'])
    back = podman.run('sh', '-c', 'stat -c "%u %g" /v/new; chown -R 0:0 /v', options=['-v', f'{podman.directory}:/v'])
    return [seen, back]


@case
def volumes_with_o_throw_writes_away(podman):
    podman.write('file', 'of the host\n')
    seen = podman.run('sh', '-c', 'cat /v/file; echo x > /v/file; echo y > /v/new; rm /v/file; ls /v',
                      options=['-v', f'{podman.directory}:/v:O'])
    check((podman.directory / 'file').read_text() == 'of the host\n', 'the file was changed')
    return [seen, sorted(it.name for it in podman.directory.iterdir())]


@case
def an_image_can_be_a_volume(podman):
    return [podman.run('sh', '-c', 'cat /i/etc/debian_version; touch /i/x', code=code, options=[
        '--mount', f'type=image,source=localhost/tests,destination=/i{more}']) for more, code in (
            ('', 1), (',rw=true', 0))]


@case
def secrets_are_files_or_variables(podman):
    podman.command('secret', 'create', podman.container('-s'), '-', input='hidden')
    name = podman.container('-s')
    return [podman.run('sh', '-c', f'cat /run/secrets/{name}; stat -c %a:%u /run/secrets/{name}; echo $V', options=[
        '--secret', f'{name},mode=0400,uid=7', '--secret', f'{name},type=env,target=V'])]


@case
def a_sockets_other_end_can_be_a_volume(podman):
    podman.start('python3', '-c', 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("/v/s"); s.listen(); '
                 'open("/v/listens", "w"); c, _ = s.accept(); c.send(b"hello"); c.close()', options=['-v', f'{podman.directory}:/v'])
    wait_until(lambda: (podman.directory / 'listens').exists(), 'the server')
    return podman.run('python3', '-c', 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/v/s"); '
                      'print(s.recv(9))', options=['-v', f'{podman.directory}:/v'], suffix='-2')


@case
def a_health_check_is_run_inside(podman):
    podman.start(options=['--health-cmd', 'test -e /tmp/ok', '--health-interval', 'disable', '--health-retries', '1'])
    before = podman.command('healthcheck', 'run', podman.container(), code=1).out
    podman.exec('touch', '/tmp/ok')
    after = podman.command('healthcheck', 'run', podman.container()).out
    return [before, after, podman.inspect('{{.State.Health.Status}} {{len .State.Health.Log}}')]


@case
def a_file_copied_to_and_from_a_running_container(podman):
    podman.write('in', 'from the host\n')
    podman.start()
    podman.command('cp', podman.directory / 'in', f'{podman.container()}:/tmp/in')
    podman.exec('sh', '-c', 'cat /tmp/in; echo from inside > /tmp/out')
    podman.command('cp', f'{podman.container()}:/tmp/out', podman.directory / 'out')
    return (podman.directory / 'out').read_text()


@case(agentbox={'paranoid': '0', 'default': 'more', 'looser': 'refused'}, runc=False,
      because='its annotations may make a sandbox stricter')
def annotations_may_only_be_stricter(podman):
    def namespaces(*options):
        return podman.run('cat', '/proc/sys/user/max_user_namespaces', options=options).out.strip()
    looser = podman.run('true', options=['--annotation', 'dev.agentbox.namespaces.host=network'], code=126).err
    return {'paranoid': namespaces('--annotation', 'dev.agentbox.profile=paranoid'),
            'default': 'more' if int(namespaces()) > 0 else 'none',
            'looser': 'refused' if 'annotations.allow' in looser else looser}


@case
def a_network_of_the_hosts_needs_the_policy(podman):
    result = podman.run('true', options=['--network', 'host'], code=None)
    if podman.runtime == 'agentbox':
        check(result.code == 126 and 'namespaces.host' in result.err, result.err)


@case(policy='host-namespaces')
def a_network_of_the_hosts_is_given_where_the_policy_says_so(podman):
    return podman.run('sh', '-c', 'ip -o link | cut -d: -f2 | head -n1; hostname -I', options=['--network', 'host']).code


@case
def a_command_with_json_logs_tells_what_failed(podman):
    failed = podman.run('true', options=['-v', f'{podman.directory}/none:/v', '--security-opt', 'mask=/x'], code=None)
    check('none' in failed.err, failed.err)
    return failed.code
