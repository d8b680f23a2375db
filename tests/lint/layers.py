#!/usr/bin/env python3
"""Fails if a file includes a layer that its own may not: dependencies run one way, downwards."""

import pathlib
import re
import sys

# Layer: the layers it may include, besides itself.
ALLOWED = {
    'base': set(),
    'abi': {'base'},
    'kernel': {'base', 'abi'},
    'json': {'base', 'abi'},
    'toml': {'base'},
    'spec': {'base', 'abi', 'json'},
    'policy': {'base', 'abi', 'json', 'spec'},
    'plan': {'base', 'abi', 'spec', 'policy'},
    'apply': {'base', 'abi', 'kernel', 'plan'},
    'review': {'base', 'abi', 'kernel', 'json', 'plan'},
    'cgroups': {'base', 'abi', 'kernel', 'plan'},
    'init': {'base', 'abi', 'kernel', 'plan', 'apply'},
    'sentry': {'base', 'abi', 'kernel', 'plan'},
    'launch': {'base', 'abi', 'kernel', 'plan', 'apply', 'init', 'cgroups', 'sentry'},
    'container': {'base', 'abi', 'kernel', 'json', 'spec', 'policy', 'plan', 'apply', 'review',
                  'cgroups', 'init', 'launch'},
    'engines': {'base', 'json', 'toml', 'kernel', 'container'},
    'cli': {'base', 'abi', 'json', 'spec', 'policy', 'plan', 'review', 'container',
            'engines'},
    'main.cc': {'base', 'cli'},
}

INCLUDE = re.compile(r'^#include "([a-z_]+)/')


def violations(root):
    for path in sorted(root.rglob('*.[ch]*')):
        layer = path.relative_to(root).parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match and match[1] != layer and match[1] not in ALLOWED[layer]:
                yield f'{path}:{number}: {layer}/ may not include {match[1]}/'


found = list(violations(pathlib.Path(sys.argv[1])))
print('\n'.join(found))
sys.exit(1 if found else 0)
