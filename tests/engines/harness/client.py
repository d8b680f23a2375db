"""What Docker's and Podman's command lines have in common: one case's view of an engine."""

import json

from harness.cases import Failure, check
from harness.command import run


class Client:
    """One runtime, for one case, whose containers begin with `name`. Those that come from it have `image`,
    `command`, `options`, `engine` and `directory`."""

    image = ''

    def container(self, suffix=''):
        return f'{self.name}{suffix}'

    def run(self, *arguments, options=(), code=0, input=None, suffix='', image=None):
        """run --rm OPTIONS IMAGE ARGUMENTS; a Result."""
        interactive = ['--interactive'] if input is not None else []
        return self.command('run', '--rm', *interactive, *self.options(suffix), *options, image or self.image, *arguments,
                            code=code, input=input)

    def start(self, *arguments, options=(), suffix='', image=None):
        """run --detach; the container's name."""
        self.command('run', '--detach', *self.options(suffix), *options, image or self.image,
                     *(arguments or ('sleep', '600')))
        return self.container(suffix)

    def exec(self, *arguments, options=(), code=0, input=None, suffix=''):
        interactive = ['--interactive'] if input is not None else []
        return self.command('exec', *interactive, *options, self.container(suffix), *arguments, code=code,
                            input=input)

    def inspect(self, format, suffix=''):
        return self.command('inspect', '--format', format, self.container(suffix)).out.strip()

    def wait(self, suffix=''):
        """Waits for the container's end; its exit status."""
        return int(self.command('wait', self.container(suffix)).out)

    def is_agentbox(self):
        return self.runtime != 'runc'

    def agentbox(self, *arguments, code=0):
        """agentbox ARGUMENTS, by whoever uses the engine; a Result."""
        surroundings = self.engine.environment
        result = run([*self.engine.user(), surroundings.agentbox, '--policy', surroundings.policy_file('default'), *arguments],
                     env=self.engine.variables(), cwd='/')
        if code is not None and result.code != code:
            raise Failure(f'agentbox {" ".join(map(str, arguments))}: ended with {result.code}, not {code}:\n'
                          f'{result.out}{result.err}')
        return result

    def reviews(self):
        """Those of volumes of this case, which have its name in their path: as `agentbox changes` lists them."""
        listed = json.loads(self.agentbox('changes', '--format', 'json').out)
        return [it for it in listed if any(self.name in tree['source'] for tree in it['trees'])]

    def only_review(self, container=None):
        """The name of the one that there is, of a container that has ended: of `container` where that is given."""
        found = self.reviews()
        check(len(found) == 1 and not found[0]['isRunning'], found)
        check(container in (None, found[0]['container']), f'{found} is not of {container}')
        return found[0]['name']
