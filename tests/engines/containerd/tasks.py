"""Containers by ctr: streams, terminals, exec, metrics, pause, signals, options."""

import concurrent.futures
import json

from harness import case, cgroup_version, check, wait_until

# The engine sets the size after the start.
SAY_SIZE = 'while [ "$(stty size)" != "33 111" ]; do sleep 0.05; done; echo ready; read line; echo "got $line"; exit 4'


@case
def run_gives_streams_and_status(containerd):
    return containerd.run('sh', '-c', 'echo out; echo err >&2; id; pwd; exit 3', code=3)


@case
def a_terminal_is_one_inside(containerd):
    words = ['run', '--rm', '--tty', *containerd.options(), 'localhost/tests:latest', containerd.container()]
    with containerd.terminal(*words, 'sh', '-c', SAY_SIZE, rows=33, columns=111) as terminal:
        terminal.expect('ready')
        terminal.send('a line\n')
        terminal.expect('got a line')
        return terminal.wait().code


@case
def a_missing_command_is_told(containerd):
    """The texts are each runtime's own."""
    result = containerd.run('no-such-command', code=1)
    check('no-such-command' in result.err, result.err)


@case
def the_environment_and_the_directory_are_those_asked_for(containerd):
    return containerd.run('sh', '-c', 'env | sort; pwd; hostname', options=('--env', 'A=b c', '--cwd', '/usr/lib')).out


@case
def files_belong_to_whom_they_did(containerd):
    """Ids in and out of a volume, and of the image, look as under runc."""
    volume = containerd.directory / 'volume'
    volume.mkdir()
    volume.chmod(0o777)
    (volume / 'given').write_text('by the host')
    out = containerd.run('sh', '-c', 'stat -c "%u %g %n" /v/given /etc/passwd; touch /v/made; echo x >/v/given',
                         options=('--mount', f'type=bind,src={volume},dst=/v,options=rbind:rw')).out
    made = (volume / 'made').stat()
    return out, made.st_uid, made.st_gid, (volume / 'given').read_text()


@case
def a_read_only_root_and_volume_stay_so(containerd):
    mount = f'type=bind,src={containerd.directory},dst=/v,options=rbind:ro'
    return containerd.run('sh', '-c', 'touch /x /v/x; mount -o remount,rw,bind /v; mount -o remount,rw /; echo end',
                          options=('--read-only', '--mount', mount)).out


@case
def exec_runs_in_the_container(containerd):
    containerd.start()
    first = containerd.exec('sh', '-c', 'echo out; echo err >&2; cat /proc/1/comm; exit 5', code=5)
    return first, containerd.exec('sh', '-c', 'id; pwd', options=('--user', '1000:1001', '--cwd', '/tmp')).out


@case
def exec_has_a_terminal_where_asked(containerd):
    containerd.start()
    words = ['tasks', 'exec', '--exec-id', 'tty', '--tty', containerd.container()]
    with containerd.terminal(*words, 'sh', '-c', SAY_SIZE, rows=33, columns=111) as terminal:
        terminal.expect('ready')
        terminal.send('more\n')
        terminal.expect('got more')
        return terminal.wait().code


@case
def processes_are_listed(containerd):
    containerd.start('sh', '-c', 'sleep 600 & wait')
    wait_until(lambda: len(containerd.task('ps').out.splitlines()) == 3, 'two processes')
    return containerd.status()


@case
def metrics_are_those_of_the_cgroup(containerd):
    containerd.start('sh', '-c', 'sleep 600 & wait', options=('--memory-limit', str(64 << 20)))
    wait_until(lambda: len(containerd.task('ps').out.splitlines()) == 3, 'two processes')
    metrics = json.loads(containerd.task('metrics', '--format', 'json').out)
    memory = metrics['memory']
    if cgroup_version() == 1:
        used, limit, time = memory['usage']['usage'], memory['usage']['limit'], metrics['cpu']['usage']['total']
    else:
        used, limit, time = memory['usage'], memory['usage_limit'], metrics['cpu']['usage_usec']
    check(used > 0 and time > 0, metrics)
    return sorted(metrics), metrics['pids']['current'], limit


@case
def what_is_paused_does_nothing(containerd):
    containerd.start('sh', '-c', 'while :; do echo x >>/tmp/x; sleep 0.01; done')
    size = lambda: int(containerd.exec('sh', '-c', 'wc -l </tmp/x', exec_id='size').out)  # noqa: E731
    wait_until(lambda: containerd.exec('test', '-s', '/tmp/x', code=None).code == 0, 'the first line')
    containerd.task('pause')
    paused = containerd.status()
    containerd.task('resume')
    before = size()
    wait_until(lambda: size() > before, 'further lines')
    return paused, containerd.status()


@case
def signals_reach_the_process(containerd):
    containerd.start('sh', '-c', 'trap "echo >/tmp/usr1" USR1; trap "exit 9" TERM; echo >/tmp/up; '
                     'while :; do sleep 0.05; done')
    wait_until(lambda: containerd.exec('test', '-e', '/tmp/up', code=None).code == 0, 'the traps')
    containerd.task('kill', '--signal', 'SIGUSR1')
    wait_until(lambda: containerd.exec('test', '-e', '/tmp/usr1', code=None).code == 0, 'what the trap makes')
    containerd.task('kill', '--signal', 'SIGTERM')
    wait_until(lambda: containerd.status() == 'STOPPED', 'the end')
    return containerd.task('rm', code=None).code


@case
def all_processes_can_be_killed(containerd):
    containerd.start('sh', '-c', 'sleep 600 & sleep 600 & wait')
    containerd.task('kill', '--all', '--signal', 'SIGKILL')
    wait_until(lambda: containerd.status() == 'STOPPED', 'the end')
    return containerd.task('rm', code=None).code


@case
def a_process_of_exec_can_be_killed(containerd):
    containerd.start()
    containerd.exec('sleep', '600', exec_id='long', options=('--detach',))
    containerd.task('kill', '--exec-id', 'long', '--signal', 'SIGKILL')
    wait_until(lambda: 'long' not in containerd.task('ps').out, 'its end')
    return containerd.status()


@case
def memory_beyond_the_limit_is_not_had(containerd):
    result = containerd.run('sh', '-c', 'head -c 200000000 /dev/zero | tail | wc -c',
                            options=('--memory-limit', str(32 << 20)), code=None)
    return result.out


@case
def no_network_is_made(containerd):
    return containerd.run('sh', '-c', 'ls /sys/class/net').out


@case(agentbox='*network namespace*namespaces.host*', because="the host's network is opened by the policy alone")
def the_hosts_network_is_refused_by_default(containerd):
    return containerd.run('sh', '-c', 'ls /sys/class/net', options=('--net-host',), code=None).err or 'it is there'


@case(policy='host-namespaces')
def the_hosts_network_is_there_where_the_policy_says(containerd):
    return containerd.run('sh', '-c', 'ls /sys/class/net | grep -v veth; hostname', options=('--net-host',)).out


@case
def no_new_privileges_and_capabilities(containerd):
    show = ('sh', '-c', 'grep -E "^(Cap|NoNewPrivs)" /proc/self/status')
    return [containerd.run(*show, options=options).out for options in (
        (), ('--cap-add', 'CAP_SYS_TIME'), ('--cap-drop', 'CAP_CHOWN'), ('--allow-new-privs',))]


@case
def a_checkpoint_is_refused_and_the_task_goes_on(containerd):
    containerd.start()
    result = containerd.task('checkpoint', code=None)
    check(result.code != 0, 'it was made')
    return containerd.status()


@case(alone=True)
def twenty_at_once(containerd):
    def one(number):
        return containerd.run('sh', '-c', f'echo {number}', suffix=f'-{number}').out.strip()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        return list(pool.map(one, range(20)))
