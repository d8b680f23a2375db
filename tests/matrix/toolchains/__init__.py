"""Every tool of development does real work in a sandbox, and its result is checked.

A case is a shell script, cases/NAME.sh, that runs in the root file system of an image of images/, as bash -eu in
an empty directory of its own; what it prints is shown if it fails. It passes if it ends with 0. Its first
lines say what it is:

    # tool: gcc                     the row of docs/toolchains.md
    # does: builds with LTO, runs   what the row says of it
    # image: base                   the first image that has the tool: base, dev, matrix or agent
    # version: gcc -dumpversion     prints the tool's version
    # user: root                    who runs it: agent, unless said
    # profile: debug                agentbox's profile: dev, unless said
    # seconds: 600                  a longer time limit than 300
    # device: /dev/fuse             a device that the policy allows and config.json names
    # program: agentbox             agentbox itself is there, as /opt/agentbox
    # fails: PATTERN                it does not work: it must fail, and print what matches (fnmatch)
    # runc: fails                   nor does it on runc with Docker's default profile, the comparison
    # because: TEXT                 the reason of either

The bundle is what Docker makes of `docker run` (tests/golden/docker-20.10.config.json): its mounts, capabilities,
masks; runc gets its seccomp profile too, agentbox has its own. There is no network but `lo`.
"""
