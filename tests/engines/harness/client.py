"""What Docker's and Podman's command lines have in common: one case's view of an engine."""


class Client:
    """One runtime, for one case, whose containers begin with `name`. Those that come from it have `image`,
    `command` and `options`."""

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
