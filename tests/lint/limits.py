#!/usr/bin/env python3
"""Fails on a file of more than 500 lines, a function of more than 60, and marks of unfinished work.

A manual page may be longer: it is one text, however many commands it has.
"""

import pathlib
import re
import sys

FILE_LINES = 500
FUNCTION_LINES = 60
MANUALS = {'.8', '.5'}
MARKS = re.compile(r'\b(TO' r'DO|FIX' r'ME|X' r'XX|HA' r'CK)\b')
# A test that is switched off is in no report: it would be a skip that nobody sees.
SWITCHED_OFF = re.compile(r'\bdisabled\(\)')
NO_FUNCTION = re.compile(
    r'\s*((if|for|while|switch|do|return|namespace|class|struct|enum)\b|constexpr.* =|\})')
FOLDERS = ('.ci', 'images', 'man', 'oci-hooks', 'runtime', 'shim', 'tests')
TEXTS = {'.cc', '.h', '.py', '.sh', '.build', '.md', '.json', '.bash', '.scd', '.8', '.5', ''}


def functions(lines):
    """(first line, length) of each: clang-format ends a body with a `}` at the indent of its head."""
    begins = {}
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        if line.endswith('{') and '(' in line + lines[number - 2] and not NO_FUNCTION.match(line):
            begins.setdefault(indent, number)
        if line.strip() not in ('}', '};'):
            continue
        begin = begins.pop(indent, None)
        begins = {depth: first for depth, first in begins.items() if depth < indent}
        if begin:
            is_list = lines[begin].endswith('{') and lines[begin].lstrip().startswith('return ')
            if line.strip() == '}' and not is_list:
                yield begin, number - begin + 1


def violations(path):
    lines = path.read_text(errors='replace').splitlines()
    if len(lines) > FILE_LINES and path.suffix not in MANUALS:
        yield f'{path}: {len(lines)} lines, more than {FILE_LINES}'
    for number, line in enumerate(lines, 1):
        if MARKS.search(line):
            yield f'{path}:{number}: a mark of unfinished work'
        if SWITCHED_OFF.search(line) and path.suffix == '.cc':
            yield f'{path}:{number}: a test that is switched off'
    if path.suffix in ('.cc', '.h'):
        for number, length in functions(lines):
            if length > FUNCTION_LINES:
                yield f'{path}:{number}: a function of {length} lines, more than {FUNCTION_LINES}'


root = pathlib.Path(sys.argv[1])
found = []
for folder in FOLDERS:
    for path in sorted((root / folder).rglob('*')):
        if path.is_file() and path.suffix in TEXTS and '__pycache__' not in path.parts:
            found += violations(path)
print('\n'.join(found))
sys.exit(1 if found else 0)
