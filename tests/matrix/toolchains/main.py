"""The command line: which cases, on which runtimes; the report."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import traceback

from harness import environment
from harness.cases import Report, check_leftovers
from harness.command import TimeLimit
from toolchains import calls, cases, table
from toolchains.box import Box

RUNTIMES = ('agentbox', 'runc')


class Suite:
    def __init__(self, surroundings: environment.Environment, layers: list[str], options: argparse.Namespace) -> None:
        self.surroundings, self.layers, self.options = surroundings, layers, options
        self.results: dict[str, table.Row] = {}

    def run(self, chosen: list[cases.Case]) -> int:
        report = Report(len(chosen) + 1)
        pool = concurrent.futures.ThreadPoolExecutor(self.options.jobs)
        try:
            list(pool.map(lambda it: self.run_case(it, report), chosen))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        check_leftovers(self.surroundings, report)
        if self.options.results:
            table.write_rows(self.options.results, self.results)
        return 1 if report.failed else 0

    def run_case(self, case: cases.Case, report: Report) -> None:
        begin = time.monotonic()
        outcomes = {runtime: self.try_case(case, runtime) for runtime in self.options.runtimes}
        wrong = [text for text, _ in outcomes.values() if text]
        seconds = time.monotonic() - begin
        report.add(case.name, '\n'.join(wrong) or None, seconds=seconds)
        if self.options.results and not wrong:
            works = {runtime: 'works' if works else 'fails' for runtime, (_, works) in outcomes.items()}
            self.results[case.name] = table.Row(self.version(case), works.get('agentbox', 'not run'),
                                                works.get('runc', 'not run'), seconds)

    def try_case(self, case: cases.Case, runtime: str) -> tuple[str, bool]:
        """What is wrong, or nothing; and whether the tool worked."""
        try:
            with Box(self.surroundings, self.layers, case, runtime) as box:
                result = box.run()
            if self.options.verbose:
                print(f'# {case.name} on {runtime}: {result.code}\n{result.out}', file=sys.stderr)
            return case.verdict(runtime, result.code, result.out), result.code == 0
        except TimeLimit as error:
            return f'on {runtime}: {error}', False
        except Exception:  # noqa: a mistake in a case is a failed case
            return f'on {runtime}: {traceback.format_exc()}', False

    def version(self, case: cases.Case) -> str:
        with Box(self.surroundings, self.layers, case, 'agentbox') as box:
            said = box.run('bash', '-c', case.version).out.strip()
        number = re.search(r'\d+(\.\d+)+\w*', said)
        return number[0] if number else said


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='tests/matrix/run', description='Tools in sandboxes; see toolchains/__init__.py.')
    parser.add_argument('patterns', nargs='*', help='names of cases, or patterns of fnmatch(3)')
    parser.add_argument('--image', choices=cases.IMAGES, default='base', help='run the cases that it has tools for (base)')
    parser.add_argument('--runtimes', default='agentbox', help='agentbox, runc or agentbox,runc (agentbox)')
    parser.add_argument('--list', action='store_true', help='print the names of the cases')
    parser.add_argument('--jobs', type=int, default=2, help='cases at the same time (2)')
    parser.add_argument('--verbose', action='store_true', help='show what the cases print')
    parser.add_argument('--calls', type=pathlib.Path, metavar='DIR',
                        help='collect what the tools ask of the kernel in DIR/calls.tsv and arguments.tsv (needs bpftrace)')
    parser.add_argument('--results', type=pathlib.Path, metavar='FILE', help='write versions and results there')
    options = parser.parse_intermixed_args()
    options.runtimes = options.runtimes.split(',')
    if not set(options.runtimes) <= set(RUNTIMES):
        parser.error(f'--runtimes takes {" and ".join(RUNTIMES)}')
    return options


def image_layers(image: str) -> list[str]:
    """The directories of the image's root file system, top first; built where they are not there yet."""
    built = subprocess.run([environment.SOURCE / 'images/build', image, '--root'], stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit(f'images/build {image} ended with {built.returncode}')
    return built.stdout.split()


def main() -> int:
    options = parse()
    chosen = cases.selected(options.image, options.patterns)
    if not chosen:
        sys.exit(f'no case of image {options.image} is called {" or ".join(options.patterns)}')
    if options.list:
        print('\n'.join(f'{it.name}: {it.does}' for it in chosen))
        return 0
    if os.geteuid() != 0:
        sys.exit('tests/matrix/run: makes containers: run as root')
    if environment.INSIDE not in os.environ:
        image_layers(options.image)  # while there is a network
    environment.enter_namespaces()
    surroundings = environment.Environment(None)
    status = 1
    try:
        layers = image_layers(options.image)
        if options.calls:
            status = calls.collect(surroundings, layers, chosen, options.calls)
        else:
            status = Suite(surroundings, layers, options).run(chosen)
    except SystemExit as request:
        print(f'# ended early: {request.code}', file=sys.stderr)
    except BaseException:  # noqa: reported here, since below everything ends
        traceback.print_exc()
    finally:
        surroundings.remove()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # threads of cases may still wait for commands that are gone
