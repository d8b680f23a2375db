"""What docker run's options do to a process: users, capabilities, filters, limits."""

import json

from harness import case, cgroup_version, check

STATUS = 'grep -i -e ^Uid -e ^Gid -e ^Groups -e ^Cap -e ^NoNewPrivs -e ^Seccomp: /proc/self/status'


@case
def user_and_groups(docker):
    return [docker.run('id', options=options).out for options in (
        ('--user', '1234:5678'), ('--user', 'daemon'), ('--user', 'daemon:games', '--group-add', 'audio'),
        ('--group-add', '4321'), ('--user', '65534', '--workdir', '/var/tmp'))]


@case
def capabilities(docker):
    return [docker.run('sh', '-c', STATUS, options=options).out for options in (
        (), ('--cap-drop', 'ALL'), ('--cap-drop', 'ALL', '--cap-add', 'NET_BIND_SERVICE'),
        ('--cap-add', 'SYS_ADMIN'), ('--user', '1000', '--cap-add', 'NET_ADMIN'))]


@case(agentbox=['all', 'all but CHOWN'], runc=False, because='they are of its own user namespace: it needs none to give them')
def every_capability(docker):
    every = (1 << 38) - 1  # that Debian 12's Docker knows
    names = {every: 'all', every & ~1: 'all but CHOWN'}
    given = [docker.run('sh', '-c', 'grep ^CapEff: /proc/self/status | cut -f2', options=('--cap-add', 'ALL', *options)).out
             for options in ((), ('--cap-drop', 'CHOWN'))]
    return [names.get(int(it, 16) & every, it) for it in given]


@case
def capabilities_do_what_they_say(docker):
    chown = docker.run('sh', '-c', 'touch /tmp/f && chown 1:1 /tmp/f && echo changed', options=('--cap-drop', 'ALL'),
                       code=1)
    check('not permitted' in chown.err, chown.err)
    mount = docker.run('sh', '-c', 'mount -t tmpfs none /mnt && touch /mnt/x && echo mounted',
                       options=('--cap-add', 'SYS_ADMIN', '--security-opt', 'apparmor=unconfined'))
    return chown.out, mount.out


@case
def no_new_privileges(docker):
    return docker.run('sh', '-c', STATUS, options=('--security-opt', 'no-new-privileges')).out


@case
def a_filter_of_the_users(docker):
    """It is enforced besides the runtime's own."""
    profile = docker.directory / 'seccomp.json'
    profile.write_text(json.dumps({
        'defaultAction': 'SCMP_ACT_ALLOW',
        'syscalls': [{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 122}]}))
    options = ('--security-opt', f'seccomp={profile}')
    refused = docker.run('mkdir', '/tmp/x', options=options, code=1).err
    check('Disk quota exceeded' in refused, refused)
    return refused, docker.run('sh', '-c', 'touch /tmp/x && echo fine', options=options).out


@case(agentbox='filter 2', because='the own filter holds with seccomp=unconfined too')
def seccomp_unconfined(docker):
    return docker.run('sh', '-c', 'echo "filter $(sed -n "s/^Seccomp:\t//p" /proc/self/status)"',
                      options=('--security-opt', 'seccomp=unconfined')).out


@case
def apparmor_unconfined(docker):
    return docker.run('echo', 'runs', options=('--security-opt', 'apparmor=unconfined'))


@case
def sysctls(docker):
    read = 'sysctl -n net.ipv4.ip_forward net.core.somaxconn kernel.shmmax fs.mqueue.msg_max net.ipv4.ip_unprivileged_port_start'
    return docker.run('sh', '-c', f'export PATH=$PATH:/sbin; {read}', options=(
        '--sysctl', 'net.ipv4.ip_forward=0', '--sysctl', 'net.core.somaxconn=77', '--sysctl', 'kernel.shmmax=123456',
        '--sysctl', 'fs.mqueue.msg_max=33')).out


@case
def ulimits(docker):
    return docker.run('bash', '-c', 'ulimit -n -H; ulimit -n -S; ulimit -c; ulimit -u', options=(
        '--ulimit', 'nofile=100:200', '--ulimit', 'core=0', '--ulimit', 'nproc=4000')).out


@case
def the_size_of_shared_memory(docker):
    return [docker.run('df', '--output=size,target', '/dev/shm', options=options).out
            for options in ((), ('--shm-size', '5m'))]


# Of cgroup v1, then v2.
LIMITS = '''
cd /sys/fs/cgroup
for file in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory/memory.soft_limit_in_bytes \
    cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpu/cpu.shares cpuset/cpuset.cpus pids/pids.max blkio/blkio.weight \
    blkio/blkio.bfq.weight memory/memory.oom_control memory.max memory.swap.max memory.low cpu.max cpu.weight \
    cpuset.cpus pids.max io.weight io.bfq.weight; do
  test ! -e $file || echo "$file: $(tr '\\n' ' ' <$file)"
done
cat /proc/self/oom_score_adj'''
MEMORY_LIMIT = 'memory.limit_in_bytes' if cgroup_version() == 1 else 'memory.max'


@case
def limits(docker):
    shown = docker.run('sh', '-c', LIMITS, options=(
        '--memory', '100m', '--memory-swap', '150m', '--memory-reservation', '50m', '--cpus', '0.5',
        '--cpu-shares', '333', '--cpuset-cpus', '1', '--pids-limit', '77', '--blkio-weight', '321',
        '--oom-score-adj', '222')).out
    check(f'{MEMORY_LIMIT}: 104857600' in shown and 'pids.max: 77' in shown, shown)
    return shown


@case
def processors_are_limited(docker):
    return docker.run('nproc', options=('--cpuset-cpus', '0')).out


@case
def the_process_limit_holds(docker):
    return docker.run('dash', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do sleep 600 & done',
                      options=('--pids-limit', '12'), code=2).err


@case
def update_changes_limits(docker):
    docker.start(options=('--memory', '100m', '--memory-swap', '100m'))
    docker.command('update', '--memory', '120m', '--memory-swap', '140m', '--cpus', '1.5', '--pids-limit', '55',
                   '--cpu-shares', '512', '--cpuset-cpus', '0', docker.container())
    shown = docker.exec('sh', '-c', LIMITS).out
    check(f'{MEMORY_LIMIT}: 125829120' in shown, shown)
    return shown, docker.exec('nproc').out


@case
def update_of_the_restart_policy(docker):
    docker.start()
    docker.command('update', '--restart', 'always', docker.container())
    docker.exec('kill', '1', code=None)
    docker.command('update', '--restart', 'no', docker.container())
    return docker.inspect('{{.HostConfig.RestartPolicy.Name}}')


@case
def a_limit_below_the_minimum_is_refused(docker):
    return docker.run('true', options=('--memory', '1m'), code=125).err


@case
def environment_and_working_directory(docker):
    file = docker.directory / 'environment'
    file.write_text('FROM_FILE=yes\n')
    return docker.run('sh', '-c', 'env | sort; pwd', options=(
        '--env', 'A=b c', '--env-file', file, '--workdir', '/new/directory', '--hostname', 'fixed',
        '--env', 'HOME=/x')).out


@case
def labels_do_nothing(docker):
    """An image and a user may label as they like: policy comes from elsewhere."""
    docker.start(options=('--label', 'dev.agentbox.namespaces.host=network', '--label', 'a=b'))
    return docker.inspect('{{index .Config.Labels "a"}}'), docker.exec('sh', '-c', 'ls /sys/class/net').out


@case
def the_working_directory_is_made(docker):
    return docker.run('sh', '-c', 'pwd; stat -c "%u %a" .', options=('--workdir', '/a/b/c')).out


@case
def an_entry_point(docker):
    return docker.run('-c', 'echo "$0 $1"', 'x', 'y', options=('--entrypoint', '/bin/sh')).out


@case
def tty_without_input(docker):
    return docker.run('sh', '-c', 'test -t 1 && echo terminal', options=('--tty',)).out
