"""A command on a pseudo-terminal, driven as a person would."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from harness.command import PATIENCE, Result, TimeLimit, forget, spawn


class Terminal:
    """Runs `argv` with a new terminal of rows x columns as its controlling one.

    with Terminal(['docker', 'run', '-it', ...]) as terminal:
        terminal.expect(r'# $')
        terminal.send('tty\n')
        result = terminal.wait()
    """

    def __init__(self, argv, *, rows=24, columns=80, env=None):
        self.output = ''
        self._seen = 0
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        # setsid(1) makes the terminal the controlling one, in the child.
        self.process = spawn(['setsid', '--ctty', *argv], stdin=slave, stdout=slave, stderr=slave, env=env)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        forget(self.process)
        os.close(self.master)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def send(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern, seconds=PATIENCE):
        """Waits until `pattern` comes, after what was expected before; returns the match."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.output[self._seen:], re.MULTILINE)):
            if not self._read(deadline):
                raise TimeLimit(f'no {pattern!r} on the terminal; it shows: {self.output!r}')
        self._seen += match.end()
        return match

    def wait(self, seconds=PATIENCE):
        """Waits for the command's end; a Result with all that it showed."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        try:
            code = self.process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TimeLimit(f'still running; the terminal shows: {self.output!r}') from None
        return Result(code, self.output.replace('\r\n', '\n'), '')

    def _read(self, deadline):
        """Reads what there is; False at the end, or when it is late."""
        ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: the last process has closed it
            return False
        self.output += data.decode(errors='replace')
        return bool(data)
