"""From run to rm: exit statuses, streams, terminals, signals, restarts."""

import json

from harness import case, check, wait_until

# The engine sets the size after the start, and again when the window changes.
SAY_SIZE = ('while [ "$(stty size)" != "33 111" ]; do sleep 0.05; done; trap "stty size; exit 4" WINCH; '
            'echo ready; while :; do sleep 0.05; done')


@case
def run_gives_streams_and_status(docker):
    return docker.run('sh', '-c', 'echo out; echo err >&2; id; exit 3', code=3)


@case
def run_passes_standard_input(docker):
    return docker.run('sh', '-c', 'sort; echo done', input='b\na\n').out


@case
def a_missing_command_is_told(docker):
    """The texts are each runtime's own; the statuses are the engine's convention."""
    missing = docker.run('no-such-command', code=127)
    check('no-such-command' in missing.err, missing.err)
    directory = docker.run('/etc', code=126)
    return missing.code, directory.code


@case
def a_terminal_follows_its_window(docker):
    with docker.terminal('run', '-it', '--rm', *docker.options(), 'tests', 'sh', '-c', SAY_SIZE,
                         rows=33, columns=111) as terminal:
        terminal.expect('ready')
        terminal.resize(44, 122)
        terminal.expect('44 122')
        return terminal.wait()


@case
def a_terminal_is_one_inside(docker):
    with docker.terminal('run', '-it', '--rm', *docker.options(), 'tests', 'sh') as terminal:
        terminal.expect(r'# $')
        terminal.send('stty -echo; tty; stat -c "%u %G %t" /dev/console\n')
        console = terminal.expect(r'^/dev/pts/0\r\n(.*)\r\n').group(1)
        # What says `begin` is in the foreground group then, which is not so of a sleep after the shell's echo.
        terminal.send('sh -c "echo begin; sleep 100"; echo status $?\n')
        terminal.expect('begin')
        terminal.send('\x03')  # interrupts the foreground group, not the shell
        terminal.expect('# $')
        terminal.send('exit 7\n')
        return console, terminal.wait().code


@case
def a_detached_container_is_waited_for(docker):
    docker.start('sh', '-c', 'mkfifo /tmp/f; echo up; read code </tmp/f; exit "$code"')
    wait_until(lambda: 'up' in docker.logs(), 'the first line')
    before = docker.inspect('{{.State.Status}} {{.State.Running}}')
    docker.exec('sh', '-c', 'echo 9 >/tmp/f', code=None)  # and the container ends, maybe first
    return before, docker.wait(), docker.inspect('{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}')


@case
def rm_leaves_no_container(docker):
    docker.run('true')
    docker.start()
    refused = docker.command('rm', docker.container(), code=1)
    check('running container' in refused.err, refused.err)
    docker.command('rm', '--force', docker.container())
    return docker.command('ps', '--all', '--quiet', '--filter', f'name={docker.name}').out


@case
def attach_shows_and_sends(docker):
    docker.start('sh', '-c', 'read line; sleep 0.4; echo "got $line"; sleep 0.4', options=('--interactive',))
    attached = docker.command('attach', docker.container(), input='over and out\n')
    return attached, docker.wait(), docker.logs()


@case
def a_detached_terminal_is_attached_to_and_left(docker):
    docker.start('bash', '--norc', options=('--interactive', '--tty'))
    with docker.terminal('attach', docker.container()) as terminal:
        terminal.send('echo $((40 + 2))\n')
        terminal.expect('42')
        terminal.send('\x10\x11')  # ctrl-p ctrl-q: leave
        left = terminal.wait().code
    return left, docker.inspect('{{.State.Running}}')


@case
def logs_have_both_streams(docker):
    docker.start('sh', '-c', 'echo one; echo two >&2; echo three')
    docker.wait()
    return docker.command('logs', docker.container())


@case
def logs_are_followed(docker):
    docker.start('sh', '-c', 'for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done')
    followed = docker.command('logs', '--follow', docker.container()).out
    return followed, docker.command('logs', '--tail', '2', docker.container()).out


@case
def stop_asks_then_kills(docker):
    docker.start('sh', '-c', 'trap "echo asked; exit 5" TERM; echo up; while :; do sleep 0.05; done')
    wait_until(lambda: 'up' in docker.logs(), 'the first line')
    docker.command('stop', '--time', '60', docker.container())
    asked = docker.wait(), docker.logs()
    docker.remove()
    docker.start('sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done')
    wait_until(lambda: 'up' in docker.logs(), 'the first line')
    docker.command('stop', '--time', '1', docker.container())
    return asked, docker.wait()


@case
def the_stop_signal_is_sent(docker):
    docker.start('sh', '-c', 'trap "exit 6" USR2; echo up; while :; do sleep 0.05; done',
                 options=('--stop-signal', 'SIGUSR2'))
    wait_until(lambda: 'up' in docker.logs(), 'the first line')
    docker.command('stop', '--time', '60', docker.container())
    return docker.wait()


@case
def signals_arrive(docker):
    docker.start('sh', '-c', 'trap "echo hup" HUP; trap "exit 8" USR1; echo up; while :; do sleep 0.05; done')
    wait_until(lambda: 'up' in docker.logs(), 'the first line')
    docker.command('kill', '--signal', 'HUP', docker.container())
    wait_until(lambda: 'hup' in docker.logs(), 'the trap of HUP')
    docker.command('kill', '--signal', '10', docker.container())
    first = docker.wait()
    docker.command('start', docker.container())
    docker.command('kill', docker.container())
    return first, docker.wait(), docker.logs()


@case
def restart_and_start_run_it_again(docker):
    docker.start('sh', '-c', 'echo begin; trap "exit 2" TERM; while :; do sleep 0.05; done')
    wait_until(lambda: docker.logs().count('begin') == 1, 'the first run')
    docker.command('restart', docker.container())
    wait_until(lambda: docker.logs().count('begin') == 2, 'the second run')
    docker.command('stop', docker.container())
    docker.command('start', docker.container())
    wait_until(lambda: docker.logs().count('begin') == 3, 'the third run')
    return docker.inspect('{{.State.Status}} {{.RestartCount}}')


@case
def a_restart_policy_restarts(docker):
    docker.start('sh', '-c', 'echo run; exit 4', options=('--restart', 'on-failure:2'))
    wait_until(lambda: docker.inspect('{{.RestartCount}} {{.State.Status}}') == '2 exited', 'two restarts')
    failing = docker.wait(), docker.logs()
    docker.remove()
    docker.start('sh', '-c', 'echo again; sleep 0.2', options=('--restart', 'always'))
    wait_until(lambda: docker.logs().count('again') >= 2, 'a restart')
    docker.command('stop', docker.container())
    return failing, docker.inspect('{{.State.Status}}')


@case
def top_lists_its_processes(docker):
    docker.start('sh', '-c', 'sleep 611 & sleep 612; true')
    wait_until(lambda: '612' in docker.command('top', docker.container(), '-eo', 'pid,args').out, 'both processes')
    lines = docker.command('top', docker.container(), '-eo', 'pid,args').out.splitlines()
    return [line.split()[1:] for line in lines]


@case
def stats_are_of_the_container(docker):
    docker.start('sh', '-c', 'head -c 30M /dev/zero | sleep 100', options=('--memory', '300m'))

    def used():
        line = docker.command('stats', '--no-stream', '--format', '{{json .}}', docker.container()).out
        return json.loads(line)

    stats = wait_until(lambda: (it := used())['PIDs'] == '3' and it, 'three processes')
    check(stats['MemUsage'].split()[0] != '0B', str(stats))
    return stats['MemUsage'].split('/')[1], stats['PIDs'], stats['Name']


@case
def pause_stops_and_unpause_goes_on(docker):
    docker.start('sh', '-c', 'while :; do date +%N >/tmp/now; sleep 0.02; done')
    wait_until(lambda: docker.exec('cat', '/tmp/now', code=None).out, 'the first time')
    docker.command('pause', docker.container())
    status = docker.inspect('{{.State.Status}}')
    refused = docker.exec('true', code=1)
    docker.command('unpause', docker.container())
    first = docker.exec('cat', '/tmp/now').out
    wait_until(lambda: docker.exec('cat', '/tmp/now').out != first, 'another time')
    return status, refused.err, docker.inspect('{{.State.Status}}')


@case
def a_paused_container_is_removed(docker):
    docker.start()
    docker.command('pause', docker.container())
    docker.command('rm', '--force', docker.container())
    return docker.command('ps', '--all', '--quiet', '--filter', f'name={docker.name}').out


@case
def inspect_knows_the_process(docker):
    docker.start()
    pid = docker.inspect('{{.State.Pid}}')

    def command():
        with open(f'/proc/{pid}/cmdline') as line:
            return line.read().split('\0')
    # The runtime may have gone before what it started has become the command.
    wait_until(lambda: command()[0] == 'sleep', command)
    return command(), docker.inspect('{{.HostConfig.Runtime}} {{.Path}} {{.Args}} {{.Driver}}')


@case
def a_health_check_is_run(docker):
    docker.start(options=('--health-cmd', 'test ! -e /tmp/ill || { echo is ill; exit 1; }', '--health-interval',
                          '0.2s', '--health-retries', '2', '--health-timeout', '60s'))
    healthy = wait_until(lambda: docker.inspect('{{.State.Health.Status}}') == 'healthy', 'healthy')
    docker.exec('touch', '/tmp/ill')
    wait_until(lambda: docker.inspect('{{.State.Health.Status}}') == 'unhealthy', 'unhealthy')
    last = docker.inspect('{{with index .State.Health.Log 0}}{{.ExitCode}}{{end}} '
                          '{{range .State.Health.Log}}{{if .ExitCode}}{{.Output}}{{end}}{{end}}')
    check('is ill' in last, last)
    return healthy


@case
def init_reaps(docker):
    docker.start('sh', '-c', '(sleep 0.1 &) ; exec sleep 600', options=('--init',))
    first = docker.exec('cat', '/proc/1/comm').out
    wait_until(lambda: docker.exec('sh', '-c', 'ps -eo stat,comm | grep -c "^Z"', code=None).out.strip() == '0',
               'no zombies')
    processes = docker.exec('ps', '-eo', 'pid,args').out
    check('/sbin/docker-init' in processes, processes)
    docker.command('stop', '--time', '60', docker.container())
    return first, docker.wait()


@case
def the_oom_killer_is_told(docker):
    docker.start('sh', '-c', 'read line; python3 -c "b = bytearray(200 << 20)"; echo "killed: $?"; read line',
                 options=('--interactive', '--memory', '40m', '--memory-swap', '40m'))
    with docker.terminal('attach', '--sig-proxy=false', docker.container()) as terminal:
        terminal.send('go on\n')
        terminal.expect('killed: 137')
        wait_until(lambda: docker.events('oom'), 'the event')
        terminal.send('end\n')
        status = docker.wait()
    return status, docker.inspect('{{.State.OOMKilled}}')


@case
def events_tell_a_life(docker):
    docker.start()
    docker.exec('true')
    # Who waits for an end may know of it before it is an event.
    wait_until(lambda: 'exec_die' in docker.events(), 'the end of exec')
    docker.command('pause', docker.container())
    docker.command('unpause', docker.container())
    docker.command('kill', docker.container())
    wait_until(lambda: 'die' in docker.events(), 'the end')
    return docker.events()
