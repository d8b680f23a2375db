"""docker exec."""

from harness import case, check, wait_until


@case
def exec_gives_streams_and_status(docker):
    docker.start()
    return (docker.exec('sh', '-c', 'cat; echo err >&2; exit 5', code=5, input='in\n'),
            docker.exec('no-such-command', code=None).code != 0,
            docker.exec('sh', '-c', 'kill -9 $$', code=137))


@case
def exec_is_as_another_user_elsewhere(docker):
    docker.start(options=('--env', 'A=1'))
    show = ('sh', '-c', 'id; pwd; echo "A=$A B=$B HOME=$HOME"; grep -i -e ^Cap -e ^NoNew -e ^Seccomp: /proc/self/status')
    options = ('--workdir', '/var/tmp', '--env', 'B=2')
    return [docker.exec(*show).out,
            docker.exec(*show, options=(*options, '--user', 'daemon')).out,
            docker.exec(*show, options=('--user', '1234:games')).out,
            docker.exec(*show, options=('--user', 'root', '--env', 'A=3')).out]


@case
def exec_on_a_terminal(docker):
    docker.start()
    wait_for_size = 'while [ "$(stty size)" != "31 99" ]; do sleep 0.05; done; tty; trap "stty size; exit 6" WINCH; ' \
                    'echo ready; while :; do sleep 0.05; done'
    with docker.terminal('exec', '-it', docker.container(), 'sh', '-c', wait_for_size, rows=31, columns=99) as terminal:
        terminal.expect('ready')
        terminal.resize(32, 98)
        terminal.expect('32 98')
        return terminal.wait()


@case
def exec_detached_goes_on(docker):
    docker.start()
    docker.exec('sh', '-c', 'sleep 0.2; echo done >/tmp/result', options=('--detach',))
    return wait_until(lambda: docker.exec('cat', '/tmp/result', code=None).out, 'the result')


@case
def exec_is_in_the_same_namespaces_and_cgroups(docker):
    docker.start('sh', '-c', 'readlink /proc/self/ns/* >/tmp/ns; cat /proc/self/cgroup >/tmp/cgroup; echo written; sleep 600')
    wait_until(lambda: 'written' in docker.logs(), 'both files')
    check('user:' in docker.exec('sh', '-c', 'cat /tmp/ns').out, 'no namespaces')
    return docker.exec('sh', '-c', 'readlink /proc/self/ns/* | cmp - /tmp/ns && cat /proc/self/cgroup | '
                       'cmp - /tmp/cgroup').out


@case
def exec_ends_with_its_container(docker):
    docker.start()
    docker.exec('sleep', '500', options=('--detach',))
    wait_until(lambda: '500' in docker.command('top', docker.container()).out, 'the second sleep')
    docker.command('kill', docker.container())
    return docker.wait(), docker.exec('true', code=1).err


@case(agentbox=['made', 'a user namespace'], runc=False,
      because='exec --privileged gives all of the user namespace, which is not the host\'s')
def exec_privileged_has_all_capabilities_inside(docker):
    docker.start()
    has = docker.exec('sh', '-c', 'grep CapEff /proc/self/status; ip link add br7 type bridge && echo made; '
                      'cat /proc/self/uid_map', options=('--privileged',)).out.split()
    check(int(has[1], 16) & 0x3fffffffff == 0x3fffffffff, f'not all capabilities: {has[1]}')
    return [has[2], 'a user namespace' if int(has[4]) and has[5] == '65536' else f'{has[3:]}']


@case
def many_execs_at_once(docker):
    docker.start()
    script = 'for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; echo $0'
    for number in range(8):
        docker.exec('sh', '-c', f'{script} >/tmp/{number}', str(number), options=('--detach',))
    wait_until(lambda: docker.exec('sh', '-c', 'cat /tmp/[0-7]', code=None).out.split() ==
               [str(it) for it in range(8)], 'all eight results')
    return 'all'
