"""The cases, as their files say them."""

import dataclasses
import fnmatch
import pathlib
import re

DIRECTORY = pathlib.Path(__file__).resolve().parents[1] / 'cases'
# Which hold what the first images' cases need, too.
IMAGES = {'base': ('base',), 'dev': ('base', 'dev'), 'matrix': ('base', 'dev', 'matrix'), 'agent': ('base', 'dev', 'agent')}
HEADER = re.compile(r'^# (tool|does|image|version|user|profile|seconds|device|program|fails|runc|because): (.+)$')
REQUIRED = ('tool', 'does', 'image', 'version')


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    tool: str
    does: str
    image: str
    version: str
    user: str = 'agent'
    profile: str = 'dev'
    seconds: int = 300
    device: str = ''
    program: str = ''
    fails: str = ''
    runc: str = ''
    because: str = ''

    def expects_failure(self, runtime: str) -> bool:
        return bool(self.fails) if runtime == 'agentbox' else bool(self.runc)

    def verdict(self, runtime: str, code: int, output: str) -> str:
        """What is wrong, or nothing."""
        if not self.expects_failure(runtime):
            return '' if code == 0 else f'on {runtime}: ended with {code}:\n{output[-4000:]}'
        if code == 0:
            return f'on {runtime}: it works, though the case says that it fails'
        if runtime == 'agentbox' and not fnmatch.fnmatchcase(output, f'*{self.fails}*'):
            return f'on {runtime}: fails without "{self.fails}":\n{output[-4000:]}'
        return ''


def read_case(path: pathlib.Path) -> Case:
    fields: dict[str, str] = {}
    for line in path.read_text().splitlines()[1:]:
        match = HEADER.match(line)
        if not match:
            break
        fields[match[1]] = match[2]
    missing = [key for key in REQUIRED if key not in fields]
    if missing:
        raise ValueError(f'{path}: without {", ".join(missing)}')
    if fields['image'] not in IMAGES:
        raise ValueError(f'{path}: image {fields["image"]} is none of {", ".join(IMAGES)}')
    if ('fails' in fields or 'runc' in fields) != ('because' in fields):
        raise ValueError(f'{path}: `because` goes with `fails` or `runc`')
    seconds = int(fields.pop('seconds', '300'))
    return Case(name=path.stem.replace('-', '_'), seconds=seconds, **fields)


def read_cases() -> list[Case]:
    return [read_case(path) for path in sorted(DIRECTORY.glob('*.sh'))]


def path_of(case: Case) -> pathlib.Path:
    return DIRECTORY / f'{case.name.replace("_", "-")}.sh'


def selected(image: str, patterns: list[str]) -> list[Case]:
    return [it for it in read_cases() if it.image in IMAGES[image]
            and (not patterns or any(fnmatch.fnmatchcase(it.name, one.replace('-', '_')) for one in patterns))]
