"""What the engine suites share. `tests/engines/run ENGINE` runs every case of the package ENGINE on runc
first, then on agentbox, and compares: the expectation is what runc gives.

A package (see docker/) has a class `Engine` and modules with cases:

    class Engine:
        def __init__(self, environment): ...          # starts daemons by environment.start_daemon()
        def client(self, runtime, name, policy): ...  # a context manager; leaving it removes what it made
        def stop(self): ...                           # stops the daemons, in an orderly way

    @case
    def it_exits_as_its_command(docker):              # `docker` is what client() gave
        return docker.run('sh', '-c', 'echo out; exit 3', code=3)

`runtime` is 'runc' or 'agentbox'; `name` is a name for the case's own containers; `policy` is None or one
of environment.POLICIES, for which agentbox gets `--policy environment.policy_file(policy)`; runc ignores it.
What a case returns (texts, lists, dicts, command.Result) is compared after normalisation: the client's
name, the runtime's name, hexadecimal ids. A case that compares too little proves nothing: commands that
fail raise unless the case says that they should (`code=`), and check() holds what both must do.

Deviations are stated: `@case(agentbox=VALUE, because='why')` says what agentbox gives instead (compared
after normalisation, a pattern of fnmatch(3)); with `runc=False` too where runc can not do it at all on every
host. `@case(policy=NAME)`, `@case(alone=True)`: no other case runs meanwhile. `raise Skip(reason)` is a skip, which tests/skips must name.

trees.py and templates.py have what cases of several engines do with volumes and templates of agentbox's;
client.reviews() are those that wait of a case, which is to leave none.

The whole run is in a mount and a network namespace of its own with its own /run (tmpfs) and
/var/lib/agentbox (on disk), the latter two removed with all else at the end, whatever happens
(environment.py). What is left behind by the runtime at the end is a failed case.
"""

from harness.cases import Failure, Skip, case, check, wait_until
from harness.client import Client
from harness.environment import POLICIES, TEMPLATE, cgroup_of, cgroup_version
from harness.command import PATIENCE, Result, TimeLimit, run
from harness.terminal import Terminal

__all__ = ['PATIENCE', 'POLICIES', 'TEMPLATE', 'Client', 'Failure', 'Result', 'Skip', 'Terminal', 'TimeLimit', 'case', 'cgroup_of',
           'cgroup_version', 'check', 'run', 'wait_until']
