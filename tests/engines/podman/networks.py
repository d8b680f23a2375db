"""Networks that Podman makes, for root by netavark."""

from harness import case

SERVER = ('sh', '-c', 'while :; do echo answer | nc -l -p 80 -q 0 >/dev/null 2>&1; done')


@case(alone=True)
def a_published_port_is_reached_from_the_host(podman):
    # Not that of the other runtime, which its conmon may hold for a moment longer than the container is there.
    port = '18082' if podman.is_agentbox() else '18080'
    podman.start(*SERVER, options=['-p', f'127.0.0.1:{port}:80'])
    return [podman.published(port), podman.command('port', podman.container()).out.replace(port, 'PORT')]


@case
def containers_of_a_network_find_each_other(podman):
    network = podman.container('-net')
    podman.command('network', 'create', network)
    podman.start(*SERVER, options=['--network', network, '--network-alias', 'server'])
    return podman.run('sh', '-c', 'until nc -w60 server 80 2>/dev/null; do sleep 0.1; done; ping -c1 -W60 server | grep -c "1 received"',
                      options=['--network', network], suffix='-2')
