"""The daemon: agentbox as default, compose, builds, dockerd restarted and killed, many containers."""

import concurrent.futures
import json
import os
import pathlib
import re
import signal

from harness import case, check, environment, run, wait_until

COMPOSE = '''
version: "2.4"
services:
  web:
    image: tests
    runtime: %(runtime)s
    container_name: %(name)s-web
    command: [sh, -c, "while :; do nc -lN 80 </conf/page; done"]
    working_dir: /data
    volumes: ["data:/data", "%(directory)s/conf:/conf:ro"]
    networks: [inner]
    healthcheck: {test: "test -e /data/ready", interval: 0.2s, retries: 100}
  client:
    image: tests
    runtime: %(runtime)s
    container_name: %(name)s-client
    command: [sh, -c, "touch /x; pwd; until nc web 80 </dev/null; do sleep 0.1; done"]
    volumes: ["%(directory)s/conf:/conf:ro"]
    networks: [inner]
    read_only: true
    tmpfs: [/tmp]
    mem_limit: 100m
networks:
  inner:
    name: %(name)s-inner
volumes:
  data:
    name: %(name)s-data
'''


def compose(docker, *arguments, code=0):
    file = docker.directory / 'compose.yml'
    if not file.exists():
        (docker.directory / 'conf').mkdir()
        (docker.directory / 'conf/page').write_text('the page\n')
        file.write_text(COMPOSE % {'runtime': docker.runtime, 'name': docker.name, 'directory': docker.directory})
    result = run(['docker-compose', '--file', file, '--project-name', docker.name, *arguments], seconds=120,
                 env={**docker.engine.variables(), 'PATH': '/usr/bin:/bin'})
    check(result.code == code, f'docker-compose {arguments}: {result}')
    return result


@case
def a_compose_project(docker):
    compose(docker, 'up', '--detach', 'web')
    docker.exec('sh', '-c', 'echo is ready >/data/ready', suffix='-web')
    wait_until(lambda: docker.inspect('{{.State.Health.Status}}', '-web') == 'healthy', 'healthy')
    compose(docker, 'up', '--detach', 'client')
    status = docker.wait('-client')
    said = docker.logs('-client')
    compose(docker, 'stop', '--timeout', '1')
    stopped = docker.inspect('{{.State.Status}}', '-web')
    compose(docker, 'down', '--volumes')
    return status, said, stopped


def with_default_runtime(docker, work):
    """Does `work` while the case's runtime is the daemon's default; the daemon takes it by SIGHUP."""
    file = docker.engine.directory / 'daemon.json'
    before = file.read_text()

    def reload(text, name):
        file.write_text(text)
        docker.engine.dockerd.send_signal(signal.SIGHUP)
        wait_until(lambda: docker.command('info', '--format', '{{.DefaultRuntime}}').out.strip() == name,
                   f'{name} as default')
    reload(json.dumps({**json.loads(before), 'default-runtime': docker.runtime}), docker.runtime)
    try:
        return work()
    finally:
        reload(before, 'runc')


@case(alone=True)
def as_the_default_runtime(docker):
    def work():
        said = docker.command('run', '--rm', '--name', docker.name, 'tests', 'sh', '-c', 'id -u; cat /proc/self/uid_map').out
        docker.command('run', '--detach', '--name', f'{docker.name}-2', 'tests', 'sleep', '600')
        return said.split()[0], docker.inspect('{{.HostConfig.Runtime}}', '-2'), said.split()[2] != '0'
    user, name, is_mapped = with_default_runtime(docker, work)
    check(is_mapped == (docker.runtime != 'runc'), 'the runtime that ran is another')
    return user, name


def built(docker):
    (docker.directory / 'Dockerfile').write_text(
        'FROM tests\nRUN echo built >/opt/built && chown 12:34 /opt/built\nCOPY Dockerfile /root/\n'
        'USER daemon\nRUN id -u >/tmp/user\nCMD cat /opt/built /tmp/user; stat -c %u:%g /opt/built\n')
    image = f'image-{docker.name}'

    def work():
        docker.command('build', '--quiet', '--tag', image, docker.directory, seconds=120)
        try:
            return docker.run(image=image, code=None).out
        finally:
            docker.command('rmi', '--force', image)
    return with_default_runtime(docker, work)


@case(alone=True, policy='engine-rootfs')
def a_build_with_the_engines_layer(docker):
    """The classic builder runs its steps with the default runtime; BuildKit with runc alone."""
    result = built(docker)
    check('12:34' in result, result)
    return result


@case(alone=True, agentbox='', because='what a step of the build writes is thrown away')
def a_build_with_throwaway_layers_is_empty(docker):
    return built(docker)


@case(alone=True)
def containers_outlive_a_restart_of_dockerd(docker):
    docker.start('sh', '-c', 'while :; do date +%N >/tmp/now; sleep 0.02; done', options=('--volume', f'{docker.name}:/data'))
    pid = docker.inspect('{{.State.Pid}}')
    docker.engine.stop_dockerd()
    check(os.path.isdir(f'/proc/{pid}'), 'it ended with dockerd')
    docker.engine.start_dockerd()
    return lives_on(docker, pid)


@case(alone=True)
def restart_policies_over_a_restart_of_dockerd(docker):
    """Of what has ended meanwhile: `unless-stopped` is not started again where a user has stopped it."""
    policies = {'-always': 'always', '-unless': 'unless-stopped', '-stopped': 'unless-stopped', '-no': 'no'}
    for suffix, policy in policies.items():
        docker.start(options=('--restart', policy), suffix=suffix)
    docker.command('stop', '--time', '0', docker.container('-stopped'))
    pids = [int(docker.inspect('{{.State.Pid}}', suffix)) for suffix in ('-always', '-unless', '-no')]
    docker.engine.stop_dockerd()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(os.path.exists(f'/proc/{pid}') for pid in pids), 'their end')
    docker.engine.start_dockerd()

    def states():
        return {suffix: docker.inspect('{{.State.Running}}', suffix) for suffix in policies}
    wait_until(lambda: states()['-always'] == states()['-unless'] == 'true', 'the restarts')
    check(docker.exec('echo', 'again', suffix='-unless').out == 'again\n', 'it does not answer')
    return states()


@case(alone=True)
def containers_outlive_dockerd_killed(docker):
    docker.start('sh', '-c', 'while :; do date +%N >/tmp/now; sleep 0.02; done')
    pid = docker.inspect('{{.State.Pid}}')
    docker.engine.stop_dockerd(signal.SIGKILL)
    docker.engine.start_dockerd()
    return lives_on(docker, pid)


def lives_on(docker, pid):
    """What a container answers after dockerd has come back."""
    check(docker.inspect('{{.State.Pid}}') == pid, 'it is another process')
    first = docker.exec('cat', '/tmp/now').out
    wait_until(lambda: docker.exec('cat', '/tmp/now').out != first, 'a later time')
    answered = docker.exec('sh', '-c', 'echo $((6 * 7))').out
    docker.command('stop', '--time', '0', docker.container())
    return answered, docker.wait(), docker.run('echo', 'another', suffix='-2').out


@case(alone=True)
def a_container_ends_while_dockerd_is_away(docker):
    docker.start()
    pid = int(docker.inspect('{{.State.Pid}}'))
    docker.engine.stop_dockerd(signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    docker.engine.start_dockerd()
    return docker.wait(), docker.inspect('{{.State.Status}}'), docker.run('echo', 'another', suffix='-2').out


@case(alone=True, runc=False, agentbox='', because='runc leaves more of it than it removes')
def what_dockerd_has_left_of_a_create_is_removed(docker):
    """Killed in the midst of it, several times; whatever there is afterwards can be removed."""
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(docker.command, 'run', '--detach', *docker.options(f'-{number}'), 'tests', 'sleep', '600',
                            code=None) for number in range(6)]
        wait_until(lambda: any(it.done() for it in runs), 'the first container')
        docker.engine.stop_dockerd(signal.SIGKILL)
    docker.engine.start_dockerd()
    docker.remove()
    end_forgotten_shims(docker)
    return docker.command('ps', '--all', '--quiet', '--filter', f'name={docker.name}').out


def end_forgotten_shims(docker):
    """containerd forgets a shim that was just starting, or creating, for a request that is cancelled, with any
    runtime. What has been created by then the runtime has to be able to remove."""
    known = docker.command('ps', '--all', '--quiet', '--no-trunc').out.split()
    for pid in environment.children_of({os.getpid()}):
        shim = re.search(r'containerd-shim\S* .*-id (\w+)', environment.command_line(pid))
        if not shim or shim[1] in known:
            continue
        if environment.children_of({pid}):
            delete_created(pathlib.Path(f'/proc/{pid}/cwd').resolve(), shim[1])
        environment.kill(pid)


def delete_created(bundle, name):
    options = json.loads((bundle / 'options.json').read_text())
    # Without an error where there is none: the creation had not begun.
    deleted = run([options['binary_name'], '--root', f'{options["root"]}/moby', 'delete', '--force', name])
    check(deleted.code == 0, f'delete --force {name}: {deleted.err}')


@case(alone=True)
def fifty_at_once(docker):
    def one(number):
        return docker.command('run', '--detach', '--network', 'none', *docker.options(f'-{number}'), 'tests', 'sleep', '600',
                              seconds=180).code
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        codes = list(pool.map(one, range(50)))
    running = docker.command('ps', '--quiet', '--filter', f'name={docker.name}').out.split()
    ids = {open(f'/proc/{pid}/uid_map').read() for pid in
           docker.command('inspect', '--format', '{{.State.Pid}}', *running).out.split()}
    if docker.runtime == 'agentbox':
        check(len(ids) == 50, f'{len(ids)} ranges of ids for 50 containers')
    docker.command('rm', '--force', *running, seconds=180)
    return codes, len(running)


@case(alone=True, runc=False, agentbox='nothing', because='runc is not what is tested')
def two_hundred_in_a_row_leave_nothing(docker):
    before = set(docker.engine.environment.leftovers())
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: docker.run('true', options=('--network', 'none'), suffix=f'-{number}'), range(200)))
    wait_until(lambda: not set(docker.engine.environment.leftovers()) - before, 'an end of what is left')
    return 'nothing'
