"""Commands with time limits."""

import collections
import os
import signal
import subprocess
import threading

# Seconds; long, for slow machines: only a failure lasts until then.
PATIENCE = 120

Result = collections.namedtuple('Result', 'code out err')

# Children that somebody waits for; all others are orphans of daemons, which environment.py reaps.
_awaited = set()
_awaited_lock = threading.Lock()


class TimeLimit(Exception):
    """A command took too long, and was killed."""


def awaited():
    with _awaited_lock:
        return set(_awaited)


def spawn(argv, **options):
    """subprocess.Popen, whose process is not taken for an orphan."""
    with _awaited_lock:
        process = subprocess.Popen([str(word) for word in argv], **options)
        _awaited.add(process.pid)
    return process


def forget(process):
    """Says that `process` has been waited for."""
    with _awaited_lock:
        _awaited.discard(process.pid)


def run(argv, *, seconds=PATIENCE, input=None, env=None, cwd=None):
    """Runs a command to its end; a Result with what it wrote, as text."""
    process = spawn(argv, stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=cwd, text=True,
                    errors='replace', start_new_session=True)
    try:
        out, err = process.communicate(input, timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        words = ' '.join(str(word) for word in argv)
        raise TimeLimit(f'{words}: not done after {seconds} s; so far: {out}{err}') from None
    finally:
        forget(process)
    return Result(process.returncode, out, err)
