"""Pods by the CRI plugin, as a kubelet makes them with a RuntimeClass."""

import json
import pathlib
import re
import signal
import socket

from containerd import cri
from harness import PATIENCE, case, check, wait_until

# Not 'cgroup': whether an engine asks for one of a container's own depends on the cgroup version.
NAMESPACES = ('net', 'ipc', 'uts', 'user', 'pid', 'mnt')
MANIFESTS = pathlib.Path(__file__).resolve().parents[3] / 'docs/kubernetes'


def shared(one, other):
    """The namespaces that two containers have in common."""
    return [name for name in NAMESPACES if one.namespace(name) == other.namespace(name)]


@case
def the_plugin_is_ready(containerd):
    status = containerd.call('Status')['status']['conditions']
    return [(it['type'], it['status']) for it in status]


@case
def a_pod_runs_and_has_an_address(containerd):
    pod = containerd.pod()
    status = pod.status()
    check(status['network']['ip'].startswith('10.87.'), status)
    return status['state'], status['runtime_handler']


@case
def containers_of_a_pod_share_network_and_ipc(containerd):
    pod = containerd.pod()
    one, other = pod.start('one'), pod.start('other')
    one.exec('sh', '-c', 'echo kept >/dev/shm/file; ipcmk -Q >/dev/null')
    one.exec('sh', '-c', 'nc -l 127.0.0.1 8080 >/tmp/got 2>&1 & echo $! >/tmp/pid')
    wait_until(lambda: ':1F90' in other.exec('cat', '/proc/net/tcp'), 'the listener')
    other.exec('sh', '-c', 'echo hello | nc -N 127.0.0.1 8080')
    wait_until(lambda: one.exec('cat', '/tmp/got') == 'hello\n', 'the greeting')
    return (shared(one, other), other.exec('cat', '/dev/shm/file'), other.exec('sh', '-c', 'ipcs -q | grep -c ^0x'),
            other.exec('hostname'))


@case
def containers_of_a_pod_share_processes_where_asked(containerd):
    together = {'namespace_options': {'pid': cri.POD}}
    pod = containerd.pod(linux={'security_context': together})
    one, other = (pod.start(name, 'sleep', seconds, security=together) for name, seconds in
                  (('one', '1000'), ('other', '2000')))
    # The runtime may have gone before what it started has become the command.
    seen = wait_until(lambda: (it := other.exec('sh', '-c', 'ps -eo args= | grep ^sleep | sort')).count('\n') == 2 and it,
                      'both commands')
    other.exec('pkill', '-f', 'sleep 1000')
    check(one.wait()['exit_code'] == 128 + signal.SIGTERM, one.status())
    return seen, other.exec('cat', '/proc/1/comm')


@case
def the_processes_of_another_container_can_be_joined(containerd):
    pod = containerd.pod()
    target = pod.start('target', 'sleep', '1000')
    joining = {'namespace_options': {'pid': cri.TARGET, 'target_id': target.id}}
    debugger = pod.start('debugger', security=joining)
    return debugger.exec('sh', '-c', 'cat /proc/1/comm; ps -eo args= | grep -c ^sleep'), shared(target, debugger)


def own_status(key):
    """A line of this process's /proc/self/status."""
    lines = pathlib.Path('/proc/self/status').read_text().splitlines()
    return next(line.split(':')[1].strip() for line in lines if line.startswith(f'{key}:'))


@case(agentbox='one, not that of the host', because='each pod has a user namespace of its own')
def a_pod_has_one_user_namespace(containerd):
    host = pathlib.Path('/proc/self/uid_map').read_text().split()
    pod = containerd.pod()
    one, other = pod.start('one'), pod.start('other')
    same = one.namespace('user') == other.namespace('user')
    mapped = one.exec('cat', '/proc/self/uid_map').split()
    return f'{"one" if same else "two"}, {"" if mapped == host else "not "}that of the host'


@case(agentbox='apart', because='each pod has a range of ids of its own')
def two_pods_have_ids_apart(containerd):
    containers = [containerd.pod(suffix).start('c') for suffix in ('-a', '-b')]
    ranges = [it.exec('cat', '/proc/self/uid_map').split()[1] for it in containers]
    return 'apart' if len(set(ranges)) == 2 and '0' not in ranges else 'the same'


@case
def exec_gives_streams_and_status(containerd):
    container = containerd.pod().start('c')
    done = containerd.call('ExecSync', container_id=container.id, cmd=['sh', '-c', 'echo out; echo err >&2; exit 7'])
    missing = None
    try:
        container.exec('no-such-command')
    except cri.Refused as refusal:
        missing = 'no-such-command' in str(refusal)
    return done, missing


@case
def exec_that_takes_too_long_is_ended(containerd):
    container = containerd.pod().start('c')
    try:
        container.exec('sleep', '1234', timeout=1)
    except cri.Refused as refusal:
        check('DEADLINE_EXCEEDED' in str(refusal) or 'timeout' in str(refusal), refusal)
    wait_until(lambda: container.exec('sh', '-c', 'ps -eo args= | grep -c "^sleep 1234" || :') == '0\n', 'its end')


@case
def logs_have_both_streams(containerd):
    container = containerd.pod().start('c', 'sh', '-c', 'echo one; echo two >&2; printf "no end"; exit 6')
    status = container.wait()
    wait_until(lambda: len(container.log()) == 3, lambda: f'three lines in {container.log()}')
    return status['exit_code'], status['reason'], sorted(container.log())


@case
def stop_asks_first_and_kills_then(containerd):
    pod = containerd.pod()
    polite = pod.start('polite', 'sh', '-c', 'trap "exit 3" TERM; echo up; while :; do sleep 0.05; done')
    deaf = pod.start('deaf', 'sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done')
    for container in (polite, deaf):
        wait_until(container.log, 'the trap')
    polite.stop()
    deaf.stop(timeout=1)
    return [it.status()['exit_code'] for it in (polite, deaf)]


@case
def a_container_is_started_again_in_its_pod(containerd):
    pod = containerd.pod()
    first = pod.start('c', 'sh', '-c', 'echo >/tmp/mark; exit 1')
    first.wait()
    again = pod.start('again', 'sh', '-c', 'ls /tmp', metadata={'name': 'c', 'attempt': 1})
    again.wait()
    first.remove()
    wait_until(lambda: not again.status()['exit_code'], 'its status')
    return again.log(), pod.status()['state']


@case
def a_stopped_pod_stops_its_containers(containerd):
    pod = containerd.pod()
    container = pod.start('c')
    pod.stop()
    return pod.status()['state'], container.status()['state'], container.status()['exit_code']


@case
def the_engine_reaches_the_pod_by_its_address(containerd):
    """From the network namespace of the node, through the bridge."""
    pod = containerd.pod()
    container = pod.start('c', 'sh', '-c', 'echo served | nc -N -l -p 80; sleep 600')
    wait_until(lambda: ':0050' in container.exec('cat', '/proc/net/tcp', '/proc/net/tcp6'), 'the listener')
    with socket.create_connection((pod.status()['network']['ip'], 80), timeout=PATIENCE) as connection:
        return connection.makefile().read()


@case
def a_user_and_groups_are_those_asked_for(containerd):
    security = {'run_as_user': {'value': 1000}, 'run_as_group': {'value': 1001}, 'supplemental_groups': [2000]}
    return containerd.pod().start('c', security=security).exec('id')


@case
def a_read_only_root_has_writable_volumes(containerd):
    volume = containerd.directory / 'volume'
    volume.mkdir()
    (volume / 'given').write_text('x')
    container = containerd.pod().start('c', security={'readonly_rootfs': True}, mounts=[
        {'container_path': '/rw', 'host_path': str(volume)},
        {'container_path': '/ro', 'host_path': str(volume), 'readonly': True}])
    out = container.exec('sh', '-c', 'touch /x /ro/x 2>/dev/null; touch /rw/made; ls -ln /rw | tr -s " " | '
                         'cut -d " " -f 1-4,9; mount -o remount,rw,bind /ro 2>/dev/null && echo remounted; :')
    made = (volume / 'made').stat()
    return out, made.st_uid, made.st_gid, (volume / 'x').exists()


@case
def capabilities_and_no_new_privileges(containerd):
    pod = containerd.pod()
    show = ('sh', '-c', 'grep -E "^(Cap|NoNewPrivs)" /proc/self/status')
    kinds = {'plain': {}, 'none': {'capabilities': {'drop_capabilities': ['ALL']}, 'no_new_privs': True},
             'time': {'capabilities': {'add_capabilities': ['SYS_TIME']}}}
    return {name: pod.start(name, security=security).exec(*show) for name, security in kinds.items()}


@case
def the_environment_is_that_of_the_pod(containerd):
    pod = containerd.pod(dns_config={'servers': ['10.87.0.1'], 'searches': ['tests.local'], 'options': ['ndots:5']},
                         linux={'sysctls': {'net.ipv4.ip_local_port_range': '40000 50000'}})
    container = pod.start('c', envs=[{'key': 'A', 'value': 'b c'}], working_dir='/usr')
    return container.exec('sh', '-c', 'cat /etc/resolv.conf /etc/hostname /proc/sys/net/ipv4/ip_local_port_range; '
                          'echo "$A" "$HOSTNAME"; pwd; mount | grep -E " /(etc|dev)/" | cut -d " " -f 3 | sort')


@case
def limits_are_applied_and_changed(containerd):
    container = containerd.pod().start('c', resources={'memory_limit_in_bytes': 64 << 20, 'cpu_quota': 50000,
                                                       'cpu_period': 100000, 'cpu_shares': 512})
    read = ('sh', '-c', 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max cpu/cpu.cfs_quota_us cpu.max '
            '2>/dev/null; :')
    before = container.exec(*read)
    containerd.call('UpdateContainerResources', container_id=container.id,
                    linux={'memory_limit_in_bytes': 96 << 20, 'cpu_quota': 25000})
    return before, container.exec(*read)


@case
def a_container_out_of_memory_is_said_to_be(containerd):
    container = containerd.pod().start('c', 'sh', '-c', 'exec python3 -c "x = bytearray(200 << 20)"',
                                       resources={'memory_limit_in_bytes': 32 << 20})
    status = container.wait()
    # Of the two events either may be the first.
    wait_until(lambda: container.status()['reason'] == 'OOMKilled', lambda: container.status())
    return status['exit_code'], container.status()['reason']


@case
def statistics_are_counted(containerd):
    container = containerd.pod().start('c', 'sh', '-c', 'while :; do :; done')

    def used():
        stats = containerd.call('ContainerStats', container_id=container.id)['stats']
        return stats['cpu'] and stats['cpu']['usage_core_nano_seconds']['value'], stats['memory']
    before = wait_until(lambda: used()[0], 'some processor time')
    wait_until(lambda: used()[0] > before, 'more processor time')
    check(used()[1]['working_set_bytes']['value'] > 0, used())


@case(agentbox='all capabilities, 0 block devices, can not write to /proc/sys',
      because='privileged means all capabilities in a user namespace of its own')
def privileged_is_so_inside_alone(containerd):
    pod = containerd.pod(linux={'security_context': {'privileged': True}})
    container = pod.start('c', security={'privileged': True, 'masked_paths': [], 'readonly_paths': []})
    effective = container.exec('sh', '-c', 'grep CapEff /proc/self/status').split()[1]
    devices = container.exec('sh', '-c', 'find /dev -type b | wc -l').strip()
    # Under runc it can, so nothing is changed: what is there is written.
    writable = container.exec('sh', '-c', 'cd /proc/sys/kernel; value=$(cat panic); '
                              '(echo "$value" >panic) 2>/dev/null && echo can || echo can not').strip()
    # containerd asks for those that it has itself.
    return (f'{"all" if effective == own_status("CapBnd") else effective} capabilities, {devices} block devices, '
            f'{writable} write to /proc/sys')


@case(agentbox='plain: 1024, paranoid: 0', because='annotations of a pod make its sandbox stricter')
def annotations_reach_the_runtime(containerd):
    """By `pod_annotations`, which `agentbox install` writes. Under runc the limit is the host's, of both."""
    found = []
    for profile, annotations in (('plain', {}), ('paranoid', {'dev.agentbox.profile': 'paranoid'})):
        container = containerd.pod(f'-{profile}', annotations=annotations).start('c')
        found.append(f'{profile}: {container.exec("cat", "/proc/sys/user/max_user_namespaces").strip()}')
    return ', '.join(found)


@case
def the_manifests_ask_for_the_handler(containerd):
    handler = re.search(r'^handler: (\S+)$', (MANIFESTS / 'runtimeclass.yaml').read_text(), re.MULTILINE)[1]
    name = re.search(r'^metadata:\n  name: (\S+)$', (MANIFESTS / 'runtimeclass.yaml').read_text(), re.MULTILINE)[1]
    check(f'\n  runtimeClassName: {name}\n' in (MANIFESTS / 'pod.yaml').read_text(), 'pod.yaml has another class')
    return containerd.pod(handler=handler).status()['state']


@case(agentbox='refused*network namespace*namespaces.host*',
      because="the host's network is opened by the policy alone")
def a_pod_on_the_hosts_network_is_refused(containerd):
    try:
        pod = containerd.pod(hostname='', linux={'security_context': {'namespace_options': {'network': cri.NODE}}})
    except cri.Refused as refusal:
        return f'refused: {refusal}'
    return pod.status()['state']


@case(agentbox='refused', because="host devices are opened by the policy alone")
def a_host_device_is_refused(containerd):
    device = {'container_path': '/dev/fuse', 'host_path': '/dev/fuse', 'permissions': 'rwm'}
    try:
        container = containerd.pod().start('c', devices=[device])
    except cri.Refused as refusal:
        check('/dev/fuse' in str(refusal) and 'devices.allow' in str(refusal), refusal)
        return 'refused'
    return container.exec('ls', '/dev/fuse')


@case
def an_unknown_handler_is_refused(containerd):
    try:
        containerd.pod(handler='no-such-handler')
    except cri.Refused as refusal:
        return 'no-such-handler' in str(refusal)


@case(alone=True)
def pods_outlive_containerd(containerd):
    container = containerd.pod().start('c', 'sh', '-c', 'echo before; while [ ! -e /tmp/go ]; do sleep 0.05; done; '
                                       'echo after')
    engine = containerd.engine
    engine.stop_daemon(signal.SIGKILL)
    engine.start()
    container.exec('touch', '/tmp/go')
    status = container.wait()
    wait_until(lambda: len(container.log()) == 2, lambda: f'two lines in {container.log()}')
    return status['exit_code'], [text for _, text in container.log()]


@case(alone=True)
def ten_pods_in_a_row_leave_nothing(containerd):
    for number in range(10):
        pod = containerd.pod(f'-{number}')
        pod.start('c', 'true').wait()
        pod.remove()
        containerd.pods.remove(pod)
    return len(json.dumps(containerd.call('ListPodSandbox')['items']))
