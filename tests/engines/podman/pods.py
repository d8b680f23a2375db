"""Pods: an infra container, and others in its namespaces; pods by a Kubernetes manifest."""

import re

from harness import case, check, wait_until

MANIFEST = '''
apiVersion: v1
kind: Pod
metadata:
  name: {name}
spec:
  hostname: of-the-pod
  restartPolicy: Never
  volumes:
  - name: shared
    emptyDir: {{}}
  - name: host
    hostPath: {{path: {directory}, type: Directory}}
  containers:
  - name: one
    image: localhost/tests
    command: [sh, -c, 'echo $WORD; hostname; id; grep CapBnd /proc/self/status; touch /shared/up; exec sleep 600']
    env: [{{name: WORD, value: hello}}]
    securityContext: {{capabilities: {{drop: [ALL]}}}}
    volumeMounts: [{{name: shared, mountPath: /shared}}]
  - name: two
    image: localhost/tests
    command: [sh, -c, 'until test -e /shared/up; do sleep 0.05; done; echo seen; ls /host; hostname; exit 3']
    volumeMounts: [{{name: shared, mountPath: /shared}}, {{name: host, mountPath: /host, readOnly: true}}]
'''


def make_pod(podman, *options):
    podman.command('pod', 'create', '--name', podman.name, *podman.pod_options(), *options)
    return ['--pod', podman.name]


@case
def containers_of_a_pod_share_network_ipc_and_hostname(podman):
    pod = make_pod(podman)
    podman.start('sh', '-c', 'echo x > /dev/shm/y; nc -l -p 99 -e /bin/true 2>/dev/null || echo hi | nc -N -l -p 99',
                 options=pod, suffix='-1')
    wait_until(lambda: podman.exec('cat', '/dev/shm/y', suffix='-1', code=None).code == 0, 'the first container')
    second = podman.run('sh', '-c', 'until nc -w60 127.0.0.1 99; do sleep 0.1; done; cat /dev/shm/y; hostname; id; '
                        'ls -l /dev/shm/y | cut -c1-10; cat /proc/1/comm', options=pod, suffix='-2')
    podman.start(options=pod, suffix='-4')
    users = {podman.exec('readlink', '/proc/self/ns/user', suffix='-4').out,
             podman.run('readlink', '/proc/self/ns/user', options=pod, suffix='-3').out}
    check(len(users) == 1, f'user namespaces of a pod: {users}')
    listed = podman.command('pod', 'ps', '--filter', f'name={podman.name}', '--format', '{{.NumberOfContainers}}').out
    return [second, listed]


@case
def a_pod_may_share_its_processes(podman):
    pod = make_pod(podman, '--share', 'net,ipc,uts,pid')
    podman.start('sleep', '601', options=pod, suffix='-1')
    second = podman.run('sh', '-c', 'cat /proc/1/comm; ps -e -o args | grep -c "^sleep 601"; kill -9 $(pgrep -x sleep)',
                        options=pod, suffix='-2')
    return [second, podman.wait(suffix='-1')]


@case
def a_pod_is_stopped_started_and_paused_as_one(podman):
    pod = make_pod(podman)
    podman.start('sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done', options=pod, suffix='-1')

    def states():
        listed = podman.command('ps', '--all', '--filter', f'pod={podman.name}', '--format', '{{.State}}').out
        return sorted(line.split()[0] for line in listed.splitlines())
    seen = [states()]
    podman.command('pod', 'stop', '--time', '5', podman.name)
    seen.append(states())
    podman.command('pod', 'start', podman.name)
    seen.append(states())
    return seen


@case
def a_manifest_of_kubernetes_is_played(podman):
    manifest = podman.directory / 'pod.yaml'
    folder = podman.directory / 'host'
    podman.write('host/file', 'x')
    podman.write('pod.yaml', MANIFEST.format(name=podman.name, directory=folder))
    podman.command('play', 'kube', manifest)
    try:
        code = podman.wait(suffix='-two')
        logs = [podman.command('logs', podman.container(it)).out for it in ('-one', '-two')]
        inside = podman.exec('sh', '-c', 'cat /proc/1/comm; id', suffix='-one')
    finally:
        podman.settle('play', 'kube', '--down', manifest)
    return [code, logs, inside]


@case
def units_for_systemd_are_as_they_were(podman):
    """Podman writes its own program and arguments into them: not the runtime's business."""
    pod = make_pod(podman, '--infra-name', f'{podman.name}-infra')
    podman.command('create', *podman.options('-1'), *pod, 'localhost/tests', 'true')
    texts = [podman.command('generate', 'systemd', '--name', *new, podman.name).out for new in ([], ['--new'])]
    texts = [re.sub(r'(?m)^#.*\n|--runtime-flag \S+ |--cgroup-parent \S+ ', '', text.replace(' \\\n\t', ' '))
             for text in texts]
    # In no order.
    return [sorted(part.strip() for part in text.split('[Unit]')) for text in texts]
