"""podman build: every RUN is a container of the runtime's, which writes to the image."""

from harness import case, check

# Names that begin with the client's are removed with it.
FROM = 'FROM localhost/tests\n'


def build(podman, lines, *options):
    podman.write('Containerfile', FROM + lines)
    tag = f'localhost/{podman.name}'
    # Without --cgroup-parent: buildah makes that the cgroup of the steps itself, of all builds at a time.
    podman.engine.podman('build', '--runtime', podman.runtime, *podman.runtime_flags, '--tag', tag, '--format',
                         'docker', '--quiet', *options, podman.directory)
    return tag


def after_build(podman, lines, *command, options=()):
    """What the command gives in the image that was built."""
    tag = build(podman, lines, *options)
    try:
        return podman.run(*command, image=tag)
    finally:
        podman.command('rmi', '--force', tag)


@case
def steps_write_to_the_image(podman):
    lines = ('RUN mkdir -m 750 /made && echo a > /made/a && chown 5:6 /made/a && rm /etc/issue\n'
             'RUN echo b >> /made/a && mv /made /moved && ln -s moved /link\n'
             'USER 5:6\nWORKDIR /work\nRUN id > /tmp/id\n')
    return after_build(podman, lines, 'sh', '-c', 'stat -c "%n %a %u %g" /moved /moved/a /work /tmp/id; ls /etc/issue; '
                       'cat /link/a /tmp/id; readlink /link; id; pwd')


@case
def a_step_that_fails_ends_the_build(podman):
    podman.write('Containerfile', FROM + 'RUN exit 9\n')
    failed = podman.engine.podman('build', '--runtime', podman.runtime, *podman.runtime_flags, '--quiet',
                                  podman.directory, code=None)
    check('exit 9' in failed.err, failed.err)
    return failed.code


@case
def a_step_says_nothing_of_its_own(podman):
    podman.write('Containerfile', FROM + 'RUN true\n')
    built = podman.engine.podman('build', '--runtime', podman.runtime, *podman.runtime_flags, '--quiet', '--no-cache',
                                 podman.directory)
    podman.command('rmi', built.out.strip())
    return built.err


@case
def steps_have_mounts_arguments_and_secrets(podman):
    podman.write('input', 'of the context\n')
    podman.write('key', 'secret\n')
    lines = ('ARG WORD\nCOPY --chown=7:8 input /copied\n'
             'RUN --mount=type=bind,source=input,target=/bound --mount=type=tmpfs,target=/memory '
             '--mount=type=secret,id=key --mount=type=cache,target=/cache '
             'cat /bound /run/secrets/key > /seen && echo $WORD >> /seen && touch /memory/x /cache/y\n'
             'RUN ls /run/secrets /memory /bound >> /seen 2>&1; ip -o link | wc -l >> /seen\n')
    return after_build(podman, lines, 'sh', '-c', 'cat /seen; stat -c "%n %u %g" /copied',
                       options=['--build-arg', 'WORD=x', '--secret', f'id=key,src={podman.directory}/key'])
