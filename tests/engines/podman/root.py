"""What only root has: mapped ids by Podman, cgroups with limits, devices."""

from harness import case, cgroup_of, cgroup_version, check, run, wait_until

MAPS = 'cat /proc/self/uid_map | tr -s " "; touch /x; stat -c "%u %g" /x /bin/sh'


@case
def ids_divided_by_podman(podman):
    return [podman.run('sh', '-c', MAPS, options=options) for options in (
        ['--userns=auto'], ['--userns=auto:size=3000'], ['--uidmap', '0:100000:5000', '--gidmap', '0:200000:5000'])]


@case(agentbox='*"out": "0 *', because='every sandbox has a user namespace, and ids of its own')
def ids_not_mapped_by_podman_are_mapped_by_the_runtime(podman):
    seen = podman.run('sh', '-c', 'cat /proc/self/uid_map | tr -s " " | cut -c2-').out
    check((seen.split()[1] == '0') == (podman.runtime == 'runc'), seen)
    return {'out': seen}


@case
def volumes_of_mapped_ids(podman):
    podman.write('file', 'x')
    return podman.run('sh', '-c', 'stat -c "%u %g" /v/file; touch /v/new', options=[
        '--userns=auto', '-v', f'{podman.directory}:/v:U']), sorted(
            it.stat().st_uid >= 2147483647 for it in podman.directory.iterdir())


@case
def limits_of_the_cgroup(podman):
    files = ('memory/memory.limit_in_bytes', 'cpu/cpu.cfs_quota_us', 'cpu/cpu.shares', 'pids/pids.max',
             'cpuset/cpuset.cpus') if cgroup_version() == 1 else (
                 'memory.max', 'cpu.max', 'cpu.weight', 'pids.max', 'cpuset.cpus')
    show = 'cd /sys/fs/cgroup; cat ' + ' '.join(files)
    podman.start(options=['--memory', '64m', '--cpus', '0.5', '--cpu-shares', '300', '--pids-limit', '50',
                          '--cpuset-cpus', '0'])
    before = podman.exec('sh', '-c', show)
    stats = podman.command('stats', '--no-stream', '--format', '{{.PIDs}} {{.MemUsage}}', podman.container()).out
    podman.command('update', '--cpus', '0.3', '--memory', '80m', podman.container())
    check('67.11MB' in stats, stats)
    return [before, podman.exec('sh', '-c', show), stats.split()[0]]


@case
def pause_and_unpause(podman):
    podman.start()
    podman.command('pause', podman.container())
    paused = podman.inspect('{{.State.Status}}')
    podman.command('unpause', podman.container())
    return [paused, podman.inspect('{{.State.Status}}'), podman.exec('echo', 'again')]


@case
def memory_that_is_used_up_ends_the_process(podman):
    return podman.run('tail', '/dev/zero', options=['--memory', '16m'], code=137)


def cgroups_of(podman):
    """Of the container's first process and of its conmon: of the case's own, the suite's, or another."""
    own = podman.engine.environment.cgroup_parent

    def name(pid):
        cgroup = cgroup_of(pid, 'memory')
        if cgroup == cgroup_of('self', 'memory'):
            return "the suite's"
        return "the container's" if cgroup.startswith(f'{own}/libpod-') else cgroup.replace(own, 'PARENT')
    return [name(podman.inspect(f'{{{{.State.{it}}}}}')) for it in ('Pid', 'ConmonPid')]


@case
def a_container_has_a_cgroup_and_conmon_another(podman):
    podman.start()
    return cgroups_of(podman)


@case
def a_conmon_without_a_cgroup_of_its_own(podman):
    podman.start(options=['--cgroups', 'no-conmon'])
    return cgroups_of(podman)


@case(agentbox=["the suite's", "the suite's", 'ran\n'], runc=False, because='runc has no --cgroup-manager=disabled')
def a_container_without_a_cgroup_of_its_own(podman):
    """Podman passes that option. The other options of the suite exclude this one."""
    podman.command('run', '--detach', '--name', podman.container(), '--cgroups', 'disabled', 'localhost/tests', 'sleep', '600')
    return [*cgroups_of(podman), podman.exec('echo', 'ran').out]


def systemd_s_cgroup(podman):
    hierarchy = '/sys/fs/cgroup/systemd' if cgroup_version() == 1 else '/sys/fs/cgroup'
    return podman.run('sh', '-c', f'mkdir {hierarchy}/$(grep -m1 -e name= -e ^0 /proc/self/cgroup | cut -d: -f3)/x && echo made',
                      options=['--systemd=always'], code=None)


if cgroup_version() == 1:
    @case(agentbox='needs cgroup v2', because="on v1 Podman shows it all of the host's cgroups, of which none is its own")
    def systemd_has_cgroups_of_its_own_to_write_to(podman):
        seen = systemd_s_cgroup(podman)
        if podman.runtime == 'agentbox':
            check(seen.code == 126 and 'needs a host with cgroup v2' in seen.err, seen.err)
            return 'needs cgroup v2'
        return seen.out
else:
    @case
    def systemd_has_cgroups_of_its_own_to_write_to(podman):
        return systemd_s_cgroup(podman)


@case(agentbox='refused', runc=False, because='checkpoints are not supported')
def a_checkpoint_is_refused(podman):
    podman.start()
    # Podman looks for CRIU first, which a host may not have, and then asks the runtime.
    refused = podman.command('container', 'checkpoint', podman.container(), code=None)
    reasons = ('does not support checkpoint', 'requires at least CRIU')
    check(refused.code == 125 and any(reason in refused.err for reason in reasons), refused.err)
    asked = run([podman.engine.environment.agentbox, 'checkpoint', '--help'])
    check(asked.code != 0 and 'unknown command "checkpoint"' in asked.err, asked)
    return 'refused'


@case
def devices_are_those_of_every_container(podman):
    listed = podman.run('sh', '-c', 'cd /dev; stat -c "%n %F %t:%T %a" null zero full random urandom tty other; ls -A shm',
                        options=['--device', '/dev/null:/dev/other'])
    return listed


@case
def a_device_of_the_hosts_needs_the_policy(podman):
    result = podman.run('true', options=['--device', '/dev/fuse'], code=None)
    if podman.runtime == 'agentbox':
        check(result.code == 126 and '"/dev/fuse"' in result.err and 'devices.allow' in result.err, result.err)


@case(agentbox='C /etc\n', because="writes are thrown away: the engine's layer has only its own mount points")
def the_layer_of_podman_has_no_writes(podman):
    podman.command('run', *podman.options(), 'localhost/tests', 'sh', '-c', 'echo x > /etc/new')
    return podman.command('diff', podman.container()).out


@case(policy='engine-rootfs')
def the_layer_of_podman_has_writes_where_the_policy_says_so(podman):
    podman.command('run', *podman.options(), 'localhost/tests', 'sh', '-c',
                   'echo x > /etc/new; rm /etc/issue; install -o 5 -g 6 -m 640 /etc/new /etc/five')
    diff = sorted(podman.command('diff', podman.container()).out.split('\n'))
    podman.command('commit', '--quiet', podman.container(), f'localhost/{podman.name}')
    again = podman.command('start', '--attach', podman.container(), code=None)
    committed = podman.run('sh', '-c', 'stat -c "%u %g %a" /etc/five; ls /etc/issue /etc/new',
                           image=f'localhost/{podman.name}', suffix='-2', code=2)
    podman.remove()
    podman.command('rmi', f'localhost/{podman.name}')
    return [diff, again.code, committed]
