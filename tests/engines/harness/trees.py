"""A directory of the host's that a container gets as a volume: made, changed inside, denied in part, and looked at."""

import fnmatch
import os
import stat

from harness.cases import check
from harness.command import run

# A file for each way to change one.
MAKE = ('mkdir -p "$1/sub"; cd "$1"; for name in kept changed deleted mode owner moved; do echo host >$name; done; '
        'chmod 644 *; chmod 755 sub')
# In the working directory; then what is seen there.
CHANGE = ('echo in >changed; rm deleted; chmod 600 mode; chown 7:8 owner; mv moved sub; mkdir -m 750 new; echo in >new/file; '
          'ln -s kept link; ls -R; cat kept changed sub/moved new/file')
# As `agentbox diff` lists that, a pattern: the owners are ids of the host where the engine maps them.
CHANGES = ('M  changed\nD  deleted\nA  link  (symlink)\nm  mode  (mode 0644 to 0600)\nD  moved\nA  new/\nA  new/file\n'
           'm  owner  (owner *:* to *:*)\nA  sub/moved\n')

# By the default rules of the policy.
SECRETS = ('.env', 'sub/.env', 'sub/server.pem')
# In the working directory: all that can be read, and then attempts to get at the rest, and to get rid of it.
SEARCH = ('grep -rsh . . | sort; { cat .env sub/../.env; ln .env other; cat other; echo in >>.env; mv .env moved; '
          'mv sub/server.pem moved; rm -rf .env sub; umount .env; cat .env moved; } 2>/dev/null; true')


def by_user(client, script, *arguments):
    result = run([*client.engine.user(), 'sh', '-ec', script, 'sh', *arguments])
    check(result.code == 0, result.err)


def make_tree(client, name='tree'):
    """Of whoever uses the engine; its path."""
    folder = client.directory / name
    by_user(client, MAKE, folder)
    return folder


def make_secrets(client, name='tree'):
    folder = client.directory / name
    by_user(client, 'mkdir -p "$1/sub"; cd "$1"; echo public | tee file sub/file .env.example >/dev/null; shift; '
            'for name; do echo secret >$name; done', folder, *SECRETS)
    return folder


def secrets(folder):
    """What became of them."""
    return [(folder / name).read_text() if (folder / name).exists() else 'gone' for name in SECRETS]


def apply_changed(client, container):
    """Applies the review of `container`, which ran CHANGE."""
    name = client.only_review(container)
    command = client.reviews()[0]['command']
    check(container.startswith(name) and command == ['sh', '-c', CHANGE], (name, command))
    diff = client.agentbox('diff', name).out
    check(fnmatch.fnmatchcase(diff, CHANGES), diff)
    client.agentbox('apply', name)
    check(client.reviews() == [], client.reviews())


def discard_after(client, options, end):
    """Runs a container that changes the volume in which it begins, ends it by end(), and discards the review."""
    client.start('sh', '-c', 'echo in >changed; sleep 600', options=options)
    client.exec('sh', '-c', 'until grep in changed; do sleep 0.05; done; echo exec >new')
    container = client.inspect('{{.Id}}')
    if not client.is_agentbox():
        end()
        return
    running = client.reviews()
    check([it['isRunning'] for it in running] == [True], running)
    for command in ('apply', 'discard'):
        refused = client.agentbox(command, running[0]['name'], code=1)
        check('runs' in refused.err, refused)
    end()
    name = client.only_review(container)
    diff = client.agentbox('diff', name).out
    check(diff == 'M  changed\nA  new\n', diff)
    client.agentbox('discard', name)
    check(client.reviews() == [], client.reviews())


def apply_searched(client, tree):
    """Applies the review of SEARCH, for which the secrets were not there: neither is it a change that they were not."""
    name = client.only_review()
    diff = client.agentbox('diff', name).out
    check(diff == 'A  moved\nD  sub/\nD  sub/file\n', diff)
    applied = client.agentbox('apply', name, code=1).out
    check('skipped  sub/ (something in the directory stays)\n2 applied, 1 left out\n' in applied, applied)
    check(not (tree / 'sub/file').exists() and (tree / 'moved').read_text() == 'in\n', listing(tree))
    client.agentbox('discard', name)


def listing(folder):
    """Names, types, modes, owners and contents."""
    lines = []
    for path in sorted(folder.rglob('*')):
        status = os.lstat(path)
        contents = path.read_text() if stat.S_ISREG(status.st_mode) else os.readlink(path) if path.is_symlink() else ''
        lines.append(f'{path.relative_to(folder)} {stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid} {contents}')
    return lines


def change_one(client, tree, destination, options=()):
    """What a container sees that has one file of `tree` at `destination` and writes to it, and what the file is in the
    end: a review of it is applied."""
    seen = client.run('sh', '-c', f'cat {destination}; echo in >{destination}; cat {destination}',
                      options=('--volume', f'{tree}/changed:{destination}', *options)).out
    if client.is_agentbox() and client.reviews():
        name = client.only_review()
        check((tree / 'changed').read_text() == 'host\n', 'a write went through')
        diff = client.agentbox('diff', name).out
        check(diff == 'M  changed\n', diff)
        client.agentbox('apply', name)
    return [seen, (tree / 'changed').read_text()]


def change_for_nothing(client, tree, options):
    """What a container sees of its writes to `tree`, and what is there afterwards: agentbox throws them away."""
    before = listing(tree)
    seen = client.run('sh', '-c', f'({CHANGE}) >/dev/null; cat changed', options=options).out
    if client.is_agentbox():
        check(listing(tree) == before and client.reviews() == [], client.reviews())
    return [seen, (tree / 'changed').read_text()]
