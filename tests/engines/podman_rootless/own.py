"""What users other than root have: networks by slirp4netns, and their own ids in containers."""

from harness import case, check

MAPS = 'cat /proc/self/uid_map | tr -s " "; id; touch /tmp/x; stat -c "%u %g" /tmp/x /bin/sh'


@case
def a_users_ids_are_kept(podman):
    podman.write('file', 'x')
    return [podman.run('sh', '-c', MAPS + '; stat -c "%u %g" /v/file; touch /v/new', options=[
        '--userns=keep-id', '-v', f'{podman.directory}:/v'])]


@case
def a_users_ids_are_left_out(podman):
    return podman.run('sh', '-c', MAPS, options=['--userns=nomap'])


# Podman makes a copy of the image's top layer for each range of ids, which another that makes one meanwhile upsets:
# "merged/etc/hosts: permission denied", on runc too.
@case(alone=True)
def ids_are_divided_among_containers(podman):
    return [podman.run('sh', '-c', MAPS, options=options) for options in (
        ['--userns=auto:size=2000'], ['--uidmap', '0:1:1000', '--gidmap', '0:1:1000'])]


@case
def slirp4netns_connects(podman):
    return podman.run('sh', '-c', 'ip -o -4 address | cut -d" " -f2,7; ping -c1 -W60 10.0.2.2 | grep -c "1 received"',
                      options=['--network', 'slirp4netns'])


@case
def containers_of_a_users_network_find_each_other(podman):
    """A bridge, in the network namespace that Podman has for the user."""
    network = podman.container('-net')
    podman.command('network', 'create', network)
    podman.start('sh', '-c', 'while :; do echo answer | nc -l -p 80 -q 0 >/dev/null 2>&1; done',
                 options=['--network', network, '--network-alias', 'server'])
    return podman.run('sh', '-c', 'until nc -w60 server 80 2>/dev/null; do sleep 0.1; done; ip -o -4 address show eth0 | wc -l; '
                      'ping -c1 -W60 server | grep -c "1 received"', options=['--network', network], suffix='-2')


@case(alone=True)
def a_port_of_a_users_container_is_reached(podman):
    # Not that of the other runtime, whose proxy may be there for a moment longer than the container.
    port = '18083' if podman.is_agentbox() else '18081'
    podman.start('sh', '-c', 'while :; do echo answer | nc -l -p 80 -q 0 >/dev/null 2>&1; done',
                 options=['-p', f'127.0.0.1:{port}:80'])
    return podman.published(port)


@case
def pasta_connects_where_podman_has_it(podman):
    """Podman 4.4 is the first; until then its own words, under any runtime."""
    version = [int(it) for it in podman.command('version', '--format', '{{.Client.Version}}').out.split('.')[:2]]
    return podman.run('sh', '-c', 'ip -o -4 address show scope global | wc -l', options=['--network', 'pasta'],
                      code=0 if version >= [4, 4] else 125)


@case
def limits_need_a_cgroup_of_the_users(podman):
    """On cgroup v1 a user has none: Podman itself leaves limits out, or refuses."""
    seen = podman.run('echo', 'ran', options=['--memory', '64m'], code=None)
    return [seen.code, seen.out]


@case
def nothing_of_the_host_is_roots(podman):
    """Root of the container is no more than the user outside."""
    made = podman.run('sh', '-c', 'touch /v/made; mknod /v/null c 1 3 && echo made a device', options=[
        '-v', f'{podman.directory}:/v', '--cap-add', 'MKNOD'], code=None)
    check((podman.directory / 'made').stat().st_uid == podman.engine.entry.pw_uid, 'the file is not the user\'s')
    return made.out
