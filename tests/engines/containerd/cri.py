"""What the cases use of Kubernetes' Container Runtime Interface (runtime.v1): messages, and calls over gRPC."""

import grpc

from harness import PATIENCE

# Message: its fields, each with number and type. `*`: repeated; `map`: of strings; `int`: also enumerations.
MESSAGES = {
    'KeyValue': 'key 1 string, value 2 string',
    'Int64Value': 'value 1 int',
    'UInt64Value': 'value 1 int',
    'NamespaceOption': 'network 1 int, pid 2 int, ipc 3 int, target_id 4 string',
    'SecurityProfile': 'profile_type 1 int, localhost_ref 2 string',
    'LinuxSandboxSecurityContext':
        'namespace_options 1 NamespaceOption, run_as_user 3 Int64Value, readonly_rootfs 4 bool, '
        'supplemental_groups 5 *int, privileged 6 bool, seccomp 9 SecurityProfile',
    'LinuxPodSandboxConfig':
        'cgroup_parent 1 string, security_context 2 LinuxSandboxSecurityContext, sysctls 3 map',
    'PodSandboxMetadata': 'name 1 string, uid 2 string, namespace 3 string, attempt 4 int',
    'DNSConfig': 'servers 1 *string, searches 2 *string, options 3 *string',
    'PodSandboxConfig':
        'metadata 1 PodSandboxMetadata, hostname 2 string, log_directory 3 string, dns_config 4 DNSConfig, '
        'labels 6 map, annotations 7 map, linux 8 LinuxPodSandboxConfig',
    'RunPodSandboxRequest': 'config 1 PodSandboxConfig, runtime_handler 2 string',
    'RunPodSandboxResponse': 'pod_sandbox_id 1 string',
    'StopPodSandboxRequest': 'pod_sandbox_id 1 string',
    'StopPodSandboxResponse': '',
    'RemovePodSandboxRequest': 'pod_sandbox_id 1 string',
    'RemovePodSandboxResponse': '',
    'PodSandboxStatusRequest': 'pod_sandbox_id 1 string, verbose 2 bool',
    'PodSandboxNetworkStatus': 'ip 1 string',
    'PodSandboxStatus': 'id 1 string, state 3 int, network 5 PodSandboxNetworkStatus, runtime_handler 9 string',
    'PodSandboxStatusResponse': 'status 1 PodSandboxStatus, info 2 map',
    'ImageSpec': 'image 1 string',
    'LinuxContainerResources':
        'cpu_period 1 int, cpu_quota 2 int, cpu_shares 3 int, memory_limit_in_bytes 4 int, oom_score_adj 5 int, '
        'cpuset_cpus 6 string',
    'Capability': 'add_capabilities 1 *string, drop_capabilities 2 *string',
    'LinuxContainerSecurityContext':
        'capabilities 1 Capability, privileged 2 bool, namespace_options 3 NamespaceOption, '
        'run_as_user 5 Int64Value, run_as_username 6 string, readonly_rootfs 7 bool, supplemental_groups 8 *int, '
        'no_new_privs 11 bool, run_as_group 12 Int64Value, masked_paths 13 *string, readonly_paths 14 *string, '
        'seccomp 15 SecurityProfile',
    'LinuxContainerConfig': 'resources 1 LinuxContainerResources, security_context 2 LinuxContainerSecurityContext',
    'ContainerMetadata': 'name 1 string, attempt 2 int',
    'Mount': 'container_path 1 string, host_path 2 string, readonly 3 bool, propagation 5 int',
    'Device': 'container_path 1 string, host_path 2 string, permissions 3 string',
    'ContainerConfig':
        'metadata 1 ContainerMetadata, image 2 ImageSpec, command 3 *string, args 4 *string, '
        'working_dir 5 string, envs 6 *KeyValue, mounts 7 *Mount, devices 8 *Device, annotations 10 map, '
        'log_path 11 string, stdin 12 bool, tty 14 bool, linux 15 LinuxContainerConfig',
    'CreateContainerRequest':
        'pod_sandbox_id 1 string, config 2 ContainerConfig, sandbox_config 3 PodSandboxConfig',
    'CreateContainerResponse': 'container_id 1 string',
    'StartContainerRequest': 'container_id 1 string',
    'StartContainerResponse': '',
    'StopContainerRequest': 'container_id 1 string, timeout 2 int',
    'StopContainerResponse': '',
    'RemoveContainerRequest': 'container_id 1 string',
    'RemoveContainerResponse': '',
    'ContainerStatusRequest': 'container_id 1 string, verbose 2 bool',
    'ContainerStatus': 'id 1 string, state 3 int, exit_code 7 int, reason 10 string, message 11 string',
    'ContainerStatusResponse': 'status 1 ContainerStatus, info 2 map',
    'UpdateContainerResourcesRequest': 'container_id 1 string, linux 2 LinuxContainerResources',
    'UpdateContainerResourcesResponse': '',
    'ExecSyncRequest': 'container_id 1 string, cmd 2 *string, timeout 3 int',
    'ExecSyncResponse': 'stdout 1 string, stderr 2 string, exit_code 3 int',
    'ContainerStatsRequest': 'container_id 1 string',
    'CpuUsage': 'usage_core_nano_seconds 2 UInt64Value',
    'MemoryUsage': 'working_set_bytes 2 UInt64Value',
    'ContainerStats': 'cpu 2 CpuUsage, memory 3 MemoryUsage',
    'ContainerStatsResponse': 'stats 1 ContainerStats',
    'ListPodSandboxRequest': '',
    'PodSandbox': 'id 1 string, metadata 2 PodSandboxMetadata, state 3 int',
    'ListPodSandboxResponse': 'items 1 *PodSandbox',
    'StatusRequest': 'verbose 1 bool',
    'RuntimeCondition': 'type 1 string, status 2 bool, reason 3 string, message 4 string',
    'RuntimeStatus': 'conditions 1 *RuntimeCondition',
    'StatusResponse': 'status 1 RuntimeStatus',
}

# Namespaces of a pod's, a container's own, the host's, or another container's.
POD, CONTAINER, NODE, TARGET = range(4)
RUNNING, EXITED = 1, 2
RUNTIME_DEFAULT, UNCONFINED = 0, 1


def _fields(message):
    """(name, number, type, whether it is repeated) of each."""
    for field in filter(None, MESSAGES[message].split(', ')):
        name, number, kind = field.split()
        yield name, int(number), kind.lstrip('*'), kind.startswith('*') or kind == 'map'


def _varint(number):
    number &= (1 << 64) - 1
    data = bytearray()
    while number > 0x7f:
        data.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes([*data, number])


def _encoded(number, kind, value):
    """A field with its tag, in the encoding of protocol buffers."""
    if kind in ('int', 'bool'):
        return _varint(number << 3) + _varint(int(value))
    data = value.encode() if kind == 'string' else encode(kind, value)
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def encode(message, values):
    unknown = set(values) - {name for name, *_ in _fields(message)}
    if unknown:
        raise KeyError(f'{message} has no {", ".join(sorted(unknown))}')
    data = b''
    for name, number, kind, is_repeated in _fields(message):
        if name not in values:
            continue
        items = values[name] if is_repeated else [values[name]]
        if kind == 'map':
            kind, items = 'KeyValue', [{'key': key, 'value': value} for key, value in items.items()]
        data += b''.join(_encoded(number, kind, item) for item in items)
    return data


def _read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def _decoded(kind, raw):
    if kind == 'string':
        return raw.decode(errors='replace')
    if kind == 'bool':
        return bool(raw)
    if kind == 'int':
        return raw - (1 << 64) if raw >> 63 else raw
    return decode(kind, raw)


def decode(message, data):
    """All fields that the message has; those that are not in `data` are as if empty."""
    values = {}
    known = {}
    for name, number, kind, is_repeated in _fields(message):
        known[number] = (name, kind, is_repeated)
        empty = {'string': '', 'int': 0, 'bool': False}.get(kind, {})
        values[name] = {} if kind == 'map' else [] if is_repeated else empty
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        raw, at = _read_varint(data, at)
        if tag & 7 == 2:
            raw, at = data[at:at + raw], at + raw
        name, kind, is_repeated = known.get(tag >> 3, (None, None, None))
        if kind == 'map':
            pair = decode('KeyValue', raw)
            values[name][pair['key']] = pair['value']
        elif is_repeated:
            values[name].append(_decoded(kind, raw))
        elif name:
            values[name] = _decoded(kind, raw)
    return values


class Refused(Exception):
    """The other side's reason."""


class Client:
    def __init__(self, socket):
        self.channel = grpc.insecure_channel(f'unix://{socket}')

    def close(self):
        self.channel.close()

    def call(self, method, seconds=PATIENCE, **values):
        """What the call gives, as dictionaries."""
        call = self.channel.unary_unary(f'/runtime.v1.RuntimeService/{method}',
                                        request_serializer=lambda it: encode(f'{method}Request', it),
                                        response_deserializer=lambda it: decode(f'{method}Response', it))
        try:
            return call(values, timeout=seconds)
        except grpc.RpcError as error:
            raise Refused(f'{method}: {error.code().name}: {error.details()}') from None
