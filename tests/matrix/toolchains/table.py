"""What came of each case, and docs/toolchains.md, which is made of it."""

import pathlib
import typing

from toolchains.cases import Case

HEAD = 'case\tversion\tagentbox\trunc\tseconds'


class Row(typing.NamedTuple):
    version: str
    agentbox: str  # works, fails
    runc: str
    seconds: float


def read_rows(path: pathlib.Path) -> dict[str, Row]:
    rows = {}
    for line in path.read_text().splitlines()[1:] if path.exists() else []:
        name, version, agentbox, runc, seconds = line.split('\t')
        rows[name] = Row(version, agentbox, runc, float(seconds))
    return rows


def write_rows(path: pathlib.Path, rows: dict[str, Row]) -> None:
    """Adds them to those that the file has."""
    rows = {**read_rows(path), **rows}
    lines = [f'{name}\t{it.version}\t{it.agentbox}\t{it.runc}\t{it.seconds:.1f}' for name, it in sorted(rows.items())]
    path.write_text('\n'.join([HEAD, *lines]) + '\n')


class Calls:
    """calls.tsv: which case made which call, and of which the filter refused some."""

    def __init__(self, path: pathlib.Path) -> None:
        self.users: dict[str, set[str]] = {}
        self.refused: dict[str, dict[str, str]] = {}
        self.cases: set[str] = set()
        for line in path.read_text().splitlines()[1:]:
            case, call, passed, refused, errors = line.split('\t')
            if case.startswith('agentbox_'):  # no tool of anybody's
                continue
            self.cases.add(case)
            if passed != '0':
                self.users.setdefault(call, set()).add(case)
            if refused != '0':
                names = ' '.join(it.split(':')[0] for it in errors.split() if it != '-') or 'another errno'
                self.refused.setdefault(call, {})[case] = names

    def unusual(self, case: str, few: int = 4) -> list[str]:
        """The calls of a case that at most `few` cases make."""
        return sorted(call for call, users in self.users.items() if case in users and len(users) <= few)


def result(case: Case, row: Row) -> str:
    profile = '' if case.profile == 'dev' else f' (profile {case.profile})'
    return f'{"yes" if row.agentbox == "works" else "no"}{profile}'


def tools_table(cases: list[Case], rows: dict[str, Row], calls: Calls) -> list[str]:
    lines = ['| tool | version | what it does there | works | under runc | unusual calls |',
             '| --- | --- | --- | --- | --- | --- |']
    for case in sorted(cases, key=lambda it: it.tool.lower()):
        row = rows[case.name]
        unusual = ', '.join(f'`{it}`' for it in calls.unusual(case.name)) or '–'
        runc = {'works': 'yes', 'fails': 'no', 'not run': '–'}[row.runc]
        lines.append(f'| {case.tool} | {row.version} | {case.does} | {result(case, row)} | {runc} | {unusual} |')
    return lines


def reasons(cases: list[Case]) -> list[str]:
    lines = ['| tool | what | where | reason |', '| --- | --- | --- | --- |']
    for case in sorted(cases, key=lambda it: it.tool.lower()):
        where = [it for it, fails in (('agentbox', case.fails), ('runc', case.runc)) if fails]
        if where:
            lines.append(f'| {case.tool} | {case.does} | {" and ".join(where)} | {case.because} |')
    return lines


def refused_table(calls: Calls) -> list[str]:
    lines = ['| call | answer | asked for by |', '| --- | --- | --- |']
    for call, users in sorted(calls.refused.items()):
        words = {word for names in users.values() if names != 'another errno' for word in names.split()}
        answers = ' '.join(sorted(words)) or 'another errno'
        lines.append(f'| `{call}` | {answers} | {", ".join(sorted(users))} |')
    return lines


# Why a call stays open that no case made.
KEPT = {
    'landlock_add_rule': 'programs that limit themselves; Codex and Chromium ask whether there is Landlock',
    'landlock_restrict_self': 'programs that limit themselves; Codex and Chromium ask whether there is Landlock',
    'process_vm_writev': 'debuggers, as process_vm_readv, with ptrace',
    'time': 'time(2) of programs that are linked statically, which do not use the vDSO',
    'utimes': 'utimes(2) of an older C library: perl, cp -p',
}


def kept_table(calls: Calls, kinds: dict[str, str]) -> list[str]:
    lines = ['| call | why it stays |', '| --- | --- |']
    for call, kind in sorted(kinds.items()):
        if kind in ('host', 'limited') and call not in calls.users:
            if call not in KEPT:
                raise SystemExit(f'{call} is open, no case made it, and nothing says why it stays')
            lines.append(f'| `{call}` | {KEPT[call]} |')
    return lines


def check_filter(cases: list[Case], calls: Calls, kinds: dict[str, str]) -> None:
    """That the calls were collected under this filter: nothing that it refuses went through."""
    of_dev = {it.name for it in cases if it.profile == 'dev'}
    for call, users in sorted(calls.users.items()):
        passed = users & of_dev
        if passed and kinds.get(call) in ('sentry', 'denied'):
            raise SystemExit(f'{call} is refused, and went through in {min(passed)}: collect the calls anew')


def document(template: str, cases: list[Case], rows: dict[str, Row], calls: Calls, kinds: dict[str, str]) -> str:
    check_filter(cases, calls, kinds)
    unused = sorted(it for it in kinds if it not in calls.users)
    return template.format(
        tools='\n'.join(tools_table([it for it in cases if it.name in rows], rows, calls)),
        reasons='\n'.join(reasons(cases)), refused='\n'.join(refused_table(calls)), cases=len(cases),
        kept='\n'.join(kept_table(calls, kinds)), used=len(calls.users), watched=len(calls.cases), count=len(unused), unused=', '.join(f'`{it}`' for it in unused))
