"""Networks: bridges, published ports, names, shared and host namespaces."""

import socket

from harness import PATIENCE, case, check, wait_until

HOST_REFUSED = 'the host\'s namespaces are the policy\'s to give'
INTERFACES = 'ls /sys/class/net; ip -brief address | awk \'{print $1, $2}\' 2>/dev/null || true'
ECHO_UDP = ('import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 53)); '
            'print("up", flush=True); data, peer = s.recvfrom(100); s.sendto(data.upper(), peer)')
ECHO_TCP = ('import socket; s = socket.create_server(("", 80)); print("up", flush=True); '
            'c, _ = s.accept(); c.sendall(c.recv(100).upper()); c.close()')


def ask(kind, address, text=b'hello'):
    """What a server answers."""
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(PATIENCE)
        client.connect(address)
        client.send(text)
        return client.recv(100).decode()


def published(docker, protocol):
    """The host's address of the only published port."""
    host, port = docker.command('port', docker.container(), protocol).out.split('\n')[0].rsplit(':', 1)
    return '127.0.0.1' if host == '0.0.0.0' else host, int(port)


@case
def a_published_tcp_port(docker):
    answers = []
    for address in ('127.0.0.1::80', '80'):
        docker.start('python3', '-c', ECHO_TCP, options=('--publish', address))
        wait_until(lambda: 'up' in docker.logs(), 'the server')
        answers.append(ask(socket.SOCK_STREAM, published(docker, '80/tcp')))
        docker.remove()
    return answers


@case
def a_published_udp_port(docker):
    docker.start('python3', '-c', ECHO_UDP, options=('--publish', '127.0.0.1::53/udp'))
    wait_until(lambda: 'up' in docker.logs(), 'the server')
    return ask(socket.SOCK_DGRAM, published(docker, '53/udp'))


@case
def a_container_is_reached_by_its_address(docker):
    docker.start('python3', '-c', ECHO_TCP, options=('--user', 'daemon'))
    wait_until(lambda: 'up' in docker.logs(), 'the server')
    address = docker.inspect('{{.NetworkSettings.IPAddress}}')
    check(address.startswith('10.88.'), address)
    return ask(socket.SOCK_STREAM, (address, 80))


@case
def names_on_a_network_of_ones_own(docker):
    docker.command('network', 'create', docker.name)
    docker.start('python3', '-c', ECHO_TCP, options=('--network', docker.name, '--network-alias', 'web'))
    client = ('import socket; s = socket.create_connection(("web", 80)); s.sendall(b"by name"); print(s.recv(100).decode()); '
              f'print(socket.gethostbyname("{docker.name}") == socket.gethostbyname("web"))')
    wait_until(lambda: 'up' in docker.logs(), 'the server')
    return docker.run('sh', '-c', f'cat /etc/resolv.conf | grep nameserver; python3 -c \'{client}\'', options=('--network', docker.name), suffix='-client').out


@case
def a_network_is_connected_and_left(docker):
    docker.command('network', 'create', docker.name)
    docker.start()
    seen = [docker.exec('ls', '/sys/class/net').out]
    docker.command('network', 'connect', docker.name, docker.container())
    seen.append(docker.exec('ls', '/sys/class/net').out)
    docker.exec('ping', '-c1', '-W5', docker.inspect('{{(index .NetworkSettings.Networks "%s").Gateway}}' % docker.name))
    docker.command('network', 'disconnect', docker.name, docker.container())
    return [*seen, docker.exec('ls', '/sys/class/net').out]


@case
def an_address_of_ones_own(docker):
    docker.command('network', 'create', '--subnet', '10.77.5.0/24' if docker.runtime == 'runc' else '10.77.6.0/24',
                   docker.name)
    last = docker.run('sh', '-c', 'cat /sys/class/net/eth0/address; hostname -I | cut -d. -f4', options=(
        '--network', docker.name, '--ip', '10.77.5.77' if docker.runtime == 'runc' else '10.77.6.77',
        '--mac-address', '02:42:0a:4d:05:01')).out
    return last


@case
def no_network(docker):
    return docker.run('sh', '-c', 'ls /sys/class/net; ping -c1 -W2 127.0.0.1 | grep -c "1 received"; cat /etc/hosts | '
                      'head -n1', options=('--network', 'none')).out


@case
def the_network_of_another_container(docker):
    docker.start('python3', '-c', ECHO_TCP)
    wait_until(lambda: 'up' in docker.logs(), 'the server')
    client = 'import socket; s = socket.create_connection(("127.0.0.1", 80)); s.sendall(b"same"); print(s.recv(100).decode())'
    address, hostname = docker.inspect('{{.NetworkSettings.IPAddress}} {{.Config.Hostname}}').split()
    result = docker.run('sh', '-c', f'hostname -I; hostname; python3 -c \'{client}\'; python3 -c "import socket; '
                        'socket.create_server((\'\', 81))" && echo bound', suffix='-client',
                        options=('--network', f'container:{docker.container()}')).out
    check(result.startswith(address), f'{result} is not {address}')
    return result.replace(address, 'ADDRESS').replace(hostname, 'HOSTNAME')


@case(agentbox='*the policy key namespaces.host*', because=HOST_REFUSED)
def the_hosts_network_is_refused(docker):
    result = docker.run('sh', '-c', 'ls /sys/class/net', options=('--network', 'host'), code=None)
    return result.err or result.out


@case(policy='host-namespaces')
def the_hosts_network_where_the_policy_gives_it(docker):
    names = docker.run('sh', '-c', 'ip -o link | cut -d: -f2 | grep -x -e " lo" -e " docker0"; hostname',
                       options=('--network', 'host')).out
    check('docker0' in names, names)
    return names


@case
def name_servers_and_hosts(docker):
    return docker.run('sh', '-c', 'cat /etc/resolv.conf; grep -v -e "^10\\." -e ip6 -e "::" /etc/hosts; hostname; '
                      'getent hosts added', options=(
                          '--dns', '10.1.2.3', '--dns-search', 'example.org', '--dns-option', 'ndots:2', '--hostname',
                          'given.example.org', '--add-host', 'added:10.9.8.7')).out


@case
def the_hostname_is_the_id(docker):
    docker.start()
    same = docker.inspect('{{.Id}}').startswith(docker.exec('hostname').out.strip())
    return same, docker.run('sh', '-c', 'hostname; cat /proc/sys/kernel/domainname',
                            options=('--hostname', 'h', '--domainname', 'd.org'), suffix='-2').out


@case
def ping(docker):
    docker.start()
    address = docker.inspect('{{.NetworkSettings.IPAddress}}')
    test = 'ping -c1 -W5 $0 | grep -c "1 received"; ping -c1 -W5 10.88.0.1 | grep -c "1 received"'
    return [docker.run('sh', '-c', test, address, suffix='-2', options=options).out
            for options in ((), ('--user', '1000'))]


@case
def links(docker):
    docker.start('python3', '-c', ECHO_TCP, options=('--expose', '80'))
    return docker.run('sh', '-c', 'env | grep -o ^DB_NAME=.*; getent hosts db | grep -c 10.88', suffix='-client',
                      options=('--link', f'{docker.container()}:db')).out.replace(f'{docker.name}-client', 'CLIENT')


@case
def administration_of_ones_own_network(docker):
    shown = docker.run('sh', '-c', 'ip link add left type veth peer right && ip addr add 10.5.5.5/24 dev left && ip link set '
                       'left up && ping -c1 10.5.5.5 | grep "1 received"; ip route del default; ip route | grep -c default',
                       options=('--cap-add', 'NET_ADMIN'), code=1).out
    check('1 received' in shown and shown.endswith('0\n'), shown)
    return 'administered'
