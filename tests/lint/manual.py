#!/usr/bin/env python3
"""Fails if help, manual and bash completion do not name the same commands and options.

Usage: manual.py AGENTBOX MANUAL
"""

import pathlib
import re
import subprocess
import sys

AGENTBOX, MANUAL = sys.argv[1], pathlib.Path(sys.argv[2]).read_text()


def run(*words):
    return subprocess.run([AGENTBOX, *words], check=True, capture_output=True, text=True).stdout


def options(text):
    """The options that a help text has lines for."""
    return set(re.findall(r'^  (?:-\w, |    )--([a-z0-9-]+)', text, re.M)) - {'help'}


def sections():
    """The manual's text about each command, and about the options before it ('')."""
    parts = re.split(r'^\.Ss (\S+).*\n', MANUAL, flags=re.M)
    named = dict(zip(parts[1::2], parts[2::2]))
    named[''] = named.pop('Global')
    # It says that its options are those of create.
    named['run'] += named['create']
    return named


def described(text):
    return set(re.findall(r'Fl -([a-z0-9-]+)', text)) - {'help'}


def offered(command):
    """What bash offers after `agentbox COMMAND --`."""
    script = f'''source <({AGENTBOX} completion)
        COMP_WORDS=(agentbox {command} --) COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _agentbox; printf '%s\\n' "${{COMPREPLY[@]}}"'''
    words = subprocess.run(['bash', '-c', script], check=True, capture_output=True, text=True).stdout
    return {word[2:] for word in words.split()} - {'help'}


def problems():
    help_text = run('--help')
    listed = re.search(r'Commands:\n(.*?)\n\n', help_text, re.S)[1]
    commands = re.findall(r'^  (\w+)', listed, re.M)
    if not commands:
        yield 'no commands were found: is this check broken?'
    manual = sections()
    for command in ['', *commands]:
        if command not in manual:
            yield f'{command}: the manual has no section'
            continue
        known = options(run(command, '--help') if command else help_text)
        allowed = known | (described(manual['create']) if command == 'run' else set())
        for option in sorted(known - described(manual[command])):
            yield f'{command} --{option}: not in the manual'
        for option in sorted(described(manual[command]) - allowed - {'root'}):
            yield f'{command} --{option}: in the manual, but there is no such option'
        for option in sorted(known ^ offered(command)):
            yield f'{command} --{option}: help and completion differ'


found = list(problems())
print('\n'.join(found))
sys.exit(1 if found else 0)
