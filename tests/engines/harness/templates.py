"""A template of agentbox's for a case's containers."""

import contextlib
import subprocess

# What its files are, and what of them a container sees.
SETUP = 'mkdir /opt/tool; echo template >/opt/tool/file; chown 7:8 /opt/tool/file; rm /etc/debian_version'
LOOK = 'cat /opt/tool/file; stat -c %u:%g /opt/tool/file; ls /etc/debian_version; true'
SEEN = 'template\n7:8\n'


@contextlib.contextmanager
def template(client, name):
    """Made on the files of the client's image, where its runtime is agentbox; removed with all containers."""
    if not client.is_agentbox():
        yield
        return
    image = client.directory / 'image'
    image.mkdir()
    client.command('create', *client.options('-image'), client.image)
    client.command('export', '--output', f'{image}.tar', client.container('-image'))
    subprocess.run(['tar', '-xf', f'{image}.tar', '-C', image], check=True)
    client.agentbox('template', 'create', name, '--quiet', '--network', 'none', '--image', image, '--run', SETUP)
    try:
        yield
    finally:
        client.remove()
        client.agentbox('template', 'remove', name, code=None)
