#!/usr/bin/env python3
"""Counts the test cases of meson's JSON logs; the last line is `N passed, N failed, N skipped`.

A test program tells its cases by Boost.Test's detailed XML report, or by TAP lines (`ok 1 - name`,
`not ok 2 - name`, `ok 3 - name # SKIP reason`); one that does neither is a single case. What it said of a case that
failed (Boost.Test's log, the comments that follow the TAP line) is repeated: of a long log, often only the end is kept.
"""

import argparse
import collections
import fnmatch
import json
import pathlib
import re
import sys
import xml.etree.ElementTree

Case = collections.namedtuple('Case', 'name result said', defaults=('',))

LINES_OF_A_FAILURE = 12
BOOST_REPORT = re.compile(r'<TestResult>.*?</TestResult>', re.DOTALL)
TAP = re.compile(r'^(not )?ok \d+\b\s*-?\s*([^#\n]*)(#\s*SKIP\b.*)?((?:\n#  .*)*)', re.MULTILINE | re.IGNORECASE)
# Of meson: OK and EXPECTEDFAIL, SKIP; all others (FAIL, TIMEOUT, ERROR, INTERRUPT, …) are failures.
MESON_RESULTS = {'OK': 'passed', 'EXPECTEDFAIL': 'passed', 'SKIP': 'skipped'}


def boost_result(case):
    result = case.get('result')
    if result == 'passed' and case.get('assertions_passed') == '0':
        return 'failed'  # it checked nothing
    return result if result in ('passed', 'skipped') else 'failed'


def boost_cases(element, log, path=()):
    for child in element:
        name = (*path, child.get('name', '')) if element.tag != 'TestResult' else ()
        if child.tag == 'TestCase':
            case = '/'.join(name)
            yield Case(case, boost_result(child), '\n'.join(line for line in log if f'in "{case}"' in line))
        else:
            yield from boost_cases(child, log, name)


def tap_cases(output):
    for match in TAP.finditer(output):
        result = 'failed' if match[1] else 'skipped' if match[3] else 'passed'
        yield Case(match[2].strip(), result, match[4].strip())


def cases_of(test):
    output = test.get('stdout', '') + test.get('stderr', '')
    name = test['name'].split(' / ')[-1].split(':')[-1]
    whole = MESON_RESULTS.get(test['result'], 'failed')
    cases = [case for report in BOOST_REPORT.findall(output)
             for case in boost_cases(xml.etree.ElementTree.fromstring(report), output.splitlines())]
    cases += tap_cases(BOOST_REPORT.sub('', output))
    # A crash, a time limit, or a failure outside of every case: the program itself is the case.
    if not cases or (whole == 'failed' and not any(case.result == 'failed' for case in cases)):
        cases.append(Case('', whole))
    return [case._replace(name=f'{name}/{case.name}'.rstrip('/')) for case in cases]


def read_suite(path):
    if not path.exists():
        return [Case('(the suite wrote no report)', 'failed')]
    return [case for line in path.read_text().splitlines() for case in cases_of(json.loads(line))]


def read_skips(path):
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith('#'))
    return dict(line.split(None, 1) for line in lines)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--skips', type=pathlib.Path, required=True)
    arguments.add_argument('reports', type=pathlib.Path, nargs='+')
    options = arguments.parse_args()
    skips = read_skips(options.skips)
    total = collections.Counter()
    for report in options.reports:
        cases = read_suite(report)
        suite = collections.Counter(case.result for case in cases)
        print(f'{report.stem}: {suite["passed"]} passed, {suite["failed"]} failed, '
              f'{suite["skipped"]} skipped')
        total += suite
        for case in cases:
            name = f'{report.stem}/{case.name}'
            if case.result == 'failed':
                print(f'failed: {name}')
                for line in case.said.splitlines()[:LINES_OF_A_FAILURE]:
                    print(f'    {line}')
            if case.result == 'skipped':
                reason = next((skips[it] for it in skips if fnmatch.fnmatch(name, it)), None)
                print(f'skipped: {name}: {reason or "not in tests/skips: counted as failed"}')
                if not reason:
                    total.update(failed=1, skipped=-1)
    print(f'{total["passed"]} passed, {total["failed"]} failed, {total["skipped"]} skipped')
    return 1 if total['failed'] or not total['passed'] else 0


sys.exit(main())
