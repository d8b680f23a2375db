"""Namespaces and what reaches the host: --ipc, --pid, --uts, --cgroupns, devices, --privileged."""

import os

from harness import case, cgroup_of, check, wait_until

HOST_REFUSED = 'the host\'s namespaces are the policy\'s to give'
SHARED_MEMORY = 'import os; os.write(os.open("/dev/shm/file", os.O_RDWR | os.O_CREAT, 0o600), b"shared")'


@case
def ipc_of_another_container(docker):
    docker.start(options=('--ipc', 'shareable'))
    queue = docker.exec('ipcmk', '-Q').out
    docker.exec('python3', '-c', SHARED_MEMORY)
    other = docker.run('sh', '-c', 'ipcs -q | tail -n +4 | cut -d" " -f2- ; cat /dev/shm/file; stat -c "%u:%g %a" /dev/shm/file',
                       options=('--ipc', f'container:{docker.container()}'), suffix='-other').out
    check('shared' in other, other)
    return queue, other


@case
def private_ipc_is_not_joined(docker):
    docker.start(options=('--ipc', 'private'))
    return docker.run('true', options=('--ipc', f'container:{docker.container()}'), suffix='-other', code=125).err


@case
def no_shared_memory(docker):
    return docker.run('sh', '-c', 'grep -c " /dev/shm " /proc/self/mounts', options=('--ipc', 'none'), code=1).out


@case(agentbox='*the policy key namespaces.host*', because=HOST_REFUSED)
def the_hosts_ipc_is_refused(docker):
    result = docker.run('echo', 'runs', options=('--ipc', 'host'), code=None)
    return result.err or result.out


@case(policy='host-namespaces')
def the_hosts_ipc_where_the_policy_gives_it(docker):
    inside = docker.run('readlink', '/proc/self/ns/ipc', options=('--ipc', 'host')).out.strip()
    return inside == os.readlink('/proc/self/ns/ipc')


@case
def processes_of_another_container(docker):
    docker.start('sleep', '654')
    return docker.run('sh', '-c', 'ps -eo pid,args | grep -o "^ *1 sleep.*"; kill -0 1 && echo may; ls /proc/1/ns >/dev/null && '
                      'echo sees', options=('--pid', f'container:{docker.container()}'), suffix='-other').out


@case
def another_containers_process_is_killed(docker):
    docker.start('sh', '-c', 'trap "exit 3" TERM; echo up; while :; do sleep 0.05; done')
    wait_until(lambda: 'up' in docker.logs(), 'the trap')
    docker.run('kill', '1', options=('--pid', f'container:{docker.container()}'), suffix='-other')
    return docker.wait()


@case
def all_namespaces_of_another_container(docker):
    docker.start('sleep', '654', options=('--ipc', 'shareable'))
    first = f'container:{docker.container()}'
    return docker.run('sh', '-c', 'for kind in ipc net pid; do test "$(readlink /proc/self/ns/$kind)" = '
                      '"$(readlink /proc/1/ns/$kind)" && echo same $kind; done', suffix='-other',
                      options=('--pid', first, '--network', first, '--ipc', first)).out


@case(agentbox='*the policy key namespaces.host*', because=HOST_REFUSED)
def the_hosts_processes_are_refused(docker):
    result = docker.run('echo', 'runs', options=('--pid', 'host'), code=None)
    return result.err or result.out


@case(policy='host-namespaces')
def the_hosts_processes_where_the_policy_gives_them(docker):
    return docker.run('sh', '-c', 'ps -eo comm | grep -m1 -x dockerd', options=('--pid', 'host')).out


@case
def the_hosts_name_is_shown(docker):
    with open('/proc/sys/kernel/hostname') as name:
        return docker.run('hostname', options=('--uts', 'host')).out == name.read()


@case(agentbox='refused', because='the host\'s user namespace owns its name')
def the_hosts_name_is_not_changed(docker):
    with open('/proc/sys/kernel/hostname') as name:
        same = name.read().strip()
    result = docker.run('hostname', same, options=('--uts', 'host', '--cap-add', 'SYS_ADMIN'), code=None)
    return 'refused' if 'you must be root' in result.err else f'{result}'


@case
def a_cgroup_namespace(docker):
    shown = docker.run('sh', '-c', 'cut -d: -f3 /proc/self/cgroup | sort -u', options=('--cgroupns', 'private')).out
    check(shown.startswith('/\n'), shown)
    return shown


@case(agentbox='its own', because='the host\'s cgroups are no namespace that a policy gives')
def the_hosts_cgroup_namespace_is_not_given(docker):
    inside = docker.run('readlink', '/proc/self/ns/cgroup', options=('--cgroupns', 'host')).out.strip()
    return 'the host\'s' if inside == os.readlink('/proc/self/ns/cgroup') else 'its own'


@case
def a_cgroup_parent_of_ones_own(docker):
    parent = f'{docker.engine.environment.cgroup_parent}/{docker.name}'
    docker.start(options=('--cgroup-parent', parent))
    pid = docker.inspect('{{.State.Pid}}')
    memory, pids = (cgroup_of(pid, it) for it in ('memory', 'pids'))
    docker.remove()
    for folder in docker.engine.environment.cgroups():
        if folder.name == docker.name:
            folder.rmdir()  # the engine leaves it
    return memory.replace(docker.engine.environment.cgroup_parent, 'PARENT'), pids == memory


@case
def devices_that_each_container_has(docker):
    return docker.run('sh', '-c', 'ls -l /dev | awk \'NR > 1 && $NF != "/proc/kcore" {print $1, $3, $4, $5, $6, $NF}\' | sort -k6; '
                      'head -c 4 /dev/zero | wc -c; echo x >/dev/full', code=1)


@case
def a_harmless_device_by_another_name(docker):
    return docker.run('sh', '-c', 'head -c 3 /dev/mine | wc -c; stat -c "%t %T %F" /dev/mine; echo >/dev/mine',
                      options=('--device', '/dev/zero:/dev/mine')).out


@case(agentbox='*the policy*s devices.allow may name it*', because='host devices are the policy\'s to give')
def a_device_of_the_host_is_refused(docker):
    result = docker.run('echo', 'runs', options=('--device', '/dev/fuse'), code=None)
    return result.err or result.out


@case(policy='fuse-device')
def a_device_where_the_policy_gives_it(docker):
    return docker.run('python3', '-c', 'import os; os.open("/dev/fuse", os.O_RDWR); print("open")',
                      options=('--device', '/dev/fuse')).out


@case
def a_device_that_is_made_inside_opens_nothing(docker):
    return docker.run('sh', '-c', 'mknod /tmp/disk b 7 0; cat /tmp/disk', code=1).out


@case(agentbox={'capabilities': 'all', 'namespace': 'its own', 'disk': 'none', 'mount': 'ok', 'memory': 'none',
                'core_pattern': 'kept'},
      runc=False, because='--privileged gives every capability in its own user namespace, and nothing of the host')
def privileged_is_so_inside_only(docker):
    out = docker.run('sh', '-c', '''
        echo "capabilities $(grep CapEff /proc/self/status | cut -f2)"
        echo "first $(awk '{print $2}' /proc/self/uid_map)"
        echo "disk $(find /dev -type b | wc -l)"
        mount -t tmpfs none /mnt && touch /mnt/x && echo "mount ok"
        test -e /dev/mem && echo "memory there" || echo "memory none"
        cd /proc/sys/kernel
        (read -r old <core_pattern && echo "$old" >core_pattern) 2>/dev/null && echo "core_pattern written" ||
          echo "core_pattern kept"''', options=('--privileged',)).out
    lines = dict(line.split(' ', 1) for line in out.splitlines())
    return {'capabilities': 'all' if int(lines['capabilities'], 16) & 0x3fffffffff == 0x3fffffffff else lines['capabilities'],
            'namespace': 'its own' if int(lines['first']) > 65535 else 'the host\'s',
            'disk': 'none' if lines['disk'] == '0' else lines['disk'],
            'mount': lines['mount'], 'memory': lines['memory'], 'core_pattern': lines['core_pattern']}


@case
def two_containers_share_no_ids(docker):
    """Each has a range of its own; runc's have the host's."""
    docker.start()
    docker.start(suffix='-2')
    pids = [docker.inspect('{{.State.Pid}}', suffix) for suffix in ('', '-2')]
    first = [int(open(f'/proc/{pid}/uid_map').read().split()[1]) for pid in pids]
    if docker.runtime == 'agentbox':
        check(first[0] != first[1] and min(first) > 65535, f'{first}')
    return docker.exec('cat', '/proc/self/loginuid', code=None).code


@case
def masked_paths(docker):
    return docker.run('sh', '-c', 'for path in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/scsi '
                      '/sys/firmware /proc/acpi; do test ! -e $path || echo "$path $(stat -c %F $path) '
                      '$(head -c 1 $path 2>/dev/null | wc -c) $(ls $path 2>/dev/null | grep -v ^/ | wc -l)"; done; '
                      'echo 1 >/proc/sysrq-trigger; echo 1 >/proc/sys/kernel/sysrq', code=2)


@case
def masks_are_lifted(docker):
    return docker.run('sh', '-c', 'grep -c " /proc/[a-z]" /proc/self/mounts', code=1,
                      options=('--security-opt', 'systempaths=unconfined')).out
