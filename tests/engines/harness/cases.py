"""Cases, the comparison of two runtimes, and the TAP report."""

import argparse
import concurrent.futures
import fnmatch
import importlib
import json
import os
import pkgutil
import re
import shutil
import sys
import threading
import time
import traceback

from harness import environment, image
from harness.command import PATIENCE, TimeLimit

RUNTIMES = ('runc', 'agentbox')
SAME = object()
CASES = []


class Failure(Exception):
    """What a case found wrong."""


class Skip(Exception):
    """Why a case can not run here."""


class Case:
    def __init__(self, function, agentbox, because, runc, policy, alone):
        if (agentbox is SAME) != (because is None):
            raise ValueError(f'{function.__name__}: a deviation needs `agentbox` and `because`')
        self.name = function.__name__
        self.function, self.agentbox, self.because = function, agentbox, because
        self.policy, self.alone = policy, alone
        self.runtimes = RUNTIMES if runc else RUNTIMES[1:]


def case(function=None, *, agentbox=SAME, because=None, runc=True, policy=None, alone=False):
    """Registers a case; see the package's description."""
    def register(function):
        CASES.append(Case(function, agentbox, because, runc, policy, alone))
        return function
    return register(function) if function else register


def check(condition, message):
    if not condition:
        raise Failure(message)


def wait_until(condition, what, seconds=PATIENCE):
    """Waits until condition() is true, and returns what it gave; `what` may be a function, of how it is then."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Failure(f'not within {seconds} s: {what() if callable(what) else what}')
        time.sleep(0.02)
    return value


def normalised(value, name, runtime):
    """`value` as text in which containers of either runtime look alike."""
    if isinstance(value, tuple) and hasattr(value, '_asdict'):
        value = value._asdict()
    text = value if isinstance(value, str) else json.dumps(value, indent=1, sort_keys=True)
    text = text.replace(name, 'NAME').replace('\r', '')
    text = re.sub(rf'\b{runtime}(-[a-z-]+)?\b', 'RUNTIME', text)
    text = re.sub(r'\b[0-9a-f]{64}\b', 'ID', text)
    return re.sub(r'\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b', 'ID', text).rstrip()


def observe(it, engine, runtime):
    """What the case gives on one runtime, as text."""
    name = f'{it.name.replace("_", "-")[:40].strip("-")}-{runtime[0]}'
    with engine.client(runtime, name, it.policy) as client:
        return normalised(it.function(client), name, runtime)


def verdict(it, engine):
    """None, or what is wrong."""
    seen = {}
    for runtime in it.runtimes:
        try:
            seen[runtime] = observe(it, engine, runtime)
        except Skip:
            raise
        except (Failure, TimeLimit) as error:
            return f'on {runtime}: {error}'
        except Exception:  # noqa: a mistake in a case is a failed case
            return f'on {runtime}: {traceback.format_exc()}'
    expected = seen['runc'] if it.agentbox is SAME else normalised(it.agentbox, '\0', 'agentbox')
    if seen['agentbox'] == expected:
        same = it.agentbox is not SAME and seen.get('runc') == expected
        return 'it deviates no longer: runc gives the same' if same else None
    if it.agentbox is not SAME and fnmatch.fnmatchcase(seen['agentbox'], expected):
        return None
    wanted = 'runc gives' if it.agentbox is SAME else f'expected, because {it.because}'
    return f'{wanted}:\n{expected}\nagentbox gives:\n{seen["agentbox"]}'


class Report:
    """TAP on standard output."""

    def __init__(self, count):
        self.number, self.failed = 0, 0
        self.lock = threading.Lock()
        print(f'1..{count}', flush=True)

    def add(self, name, wrong, skip=None, seconds=None):
        with self.lock:
            self.number += 1
            self.failed += wrong is not None
            took = f'  # {seconds:.1f} s' if seconds is not None and not skip else ''
            line = f'{"not " if wrong is not None else ""}ok {self.number} - {name}'
            print(line + (f' # SKIP {skip}' if skip else took))
            for text in (wrong or '').splitlines():
                print(f'#   {text}')
            sys.stdout.flush()


def run_case(it, engine, report):
    begin = time.monotonic()
    try:
        report.add(it.name, verdict(it, engine), seconds=time.monotonic() - begin)
    except Skip as skip:
        report.add(it.name, None, str(skip))


def run_cases(cases, engine, report, jobs):
    together = [it for it in cases if not it.alone]
    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    try:
        list(pool.map(lambda it: run_case(it, engine, report), together))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    for it in cases:
        if it.alone:
            run_case(it, engine, report)


def check_leftovers(surroundings, report):
    """Nothing of any case is there when all are over: a case of its own."""
    deadline = time.monotonic() + PATIENCE
    while (rest := surroundings.leftovers()) and time.monotonic() < deadline:
        time.sleep(0.1)
    report.add('nothing_is_left', '\n'.join(rest) if rest else None)


def parse(arguments):
    parser = argparse.ArgumentParser(prog='tests/engines/run', description='Engine tests; see harness/__init__.py.')
    parser.add_argument('engine', choices=engines())
    parser.add_argument('filter', nargs='*', help='names of cases, or patterns of fnmatch(3)')
    parser.add_argument('--list', action='store_true', help='print the names of the cases')
    parser.add_argument('--jobs', type=int, default=2, help='cases at the same time (2)')
    parser.add_argument('--shell', action='store_true', help='start the engine, then a shell; no cases')
    parser.add_argument('--logs', metavar='DIR', help="keep the daemons' logs there")
    return parser.parse_intermixed_args(arguments)


def engines():
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return sorted(it.name for it in pkgutil.iter_modules([folder]) if it.ispkg and it.name != 'harness')


def load(name):
    """Imports the package's modules, which register cases; its class Engine."""
    package = importlib.import_module(name)
    for module in sorted(it.name for it in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f'{name}.{module}')
    return package.Engine


def selected(filters):
    names = [it.name for it in CASES]
    doubles = {name for name in names if names.count(name) > 1}
    if doubles:
        sys.exit(f'two cases have one name: {", ".join(sorted(doubles))}')
    chosen = [it for it in CASES if not filters or any(fnmatch.fnmatchcase(it.name, one) for one in filters)]
    if not chosen:
        sys.exit(f'no case is called {" or ".join(filters)}')
    return chosen


def main(arguments=None):
    options = parse(arguments)
    engine_class = load(options.engine)
    cases = selected(options.filter)
    if options.list:
        print('\n'.join(it.name for it in cases))
        return 0
    if os.geteuid() != 0:
        sys.exit('tests/engines/run: makes namespaces and runs daemons: run as root')
    tar = image.image_file()
    environment.enter_namespaces()
    surroundings = environment.Environment(tar)
    status = 1
    try:
        status = run_suite(engine_class, surroundings, cases, options)
    except SystemExit as request:
        print(f'# ended early: {request.code}', file=sys.stderr)
    except BaseException:  # noqa: reported here, since below everything ends
        traceback.print_exc()
    finally:
        keep_logs(surroundings, options.logs)
        surroundings.remove()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # threads of cases may still wait for commands that are gone


def keep_logs(surroundings, folder):
    if folder:
        os.makedirs(folder, exist_ok=True)
        for log in surroundings.directory.glob('*.log'):
            shutil.copy(log, folder)


def run_suite(engine_class, surroundings, cases, options):
    engine = engine_class(surroundings)
    if options.shell:
        shell = ['env', *(f'{key}={value}' for key, value in engine.shell_environment().items()), 'bash']
        os.spawnvp(os.P_WAIT, 'env', shell)
        engine.stop()
        return 0
    report = Report(len(cases) + 1)
    run_cases(cases, engine, report, options.jobs)
    engine.stop()
    check_leftovers(surroundings, report)
    return 1 if report.failed else 0
