"""Networks that Podman makes, for root by netavark."""

from harness import case

SERVER = ('sh', '-c', 'while :; do echo answer | nc -l -p 80 -q 0 >/dev/null 2>&1; done')


@case(alone=True)
def a_published_port_is_reached_from_the_host(podman):
    podman.start(*SERVER, options=['-p', '127.0.0.1:18080:80'])
    return [podman.published('18080'), podman.command('port', podman.container()).out]


@case
def containers_of_a_network_find_each_other(podman):
    network = podman.container('-net')
    podman.command('network', 'create', network)
    podman.start(*SERVER, options=['--network', network, '--network-alias', 'server'])
    return podman.run('sh', '-c', 'until nc -w1 server 80; do sleep 0.1; done; ping -c1 -W2 server | grep -c "1 received"',
                      options=['--network', network], suffix='-2')
