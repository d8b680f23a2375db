# shellcheck shell=bash
# tool: bubblewrap
# does: --userns and --pidns: goes into the namespaces of another
# image: base
# version: bwrap --version
# runc: fails
# fails: Joining specified user namespace failed: Operation not permitted
# because: setns(2) is refused until the sentry can tell a sandbox's own namespaces from others
bwrap --ro-bind / / --unshare-user true
bwrap --ro-bind / / --dev /dev --proc /proc --unshare-user --unshare-pid --info-fd 10 sleep 100 10>info &
other=$!
trap 'kill "$other"' EXIT
wait_for grep -q child-pid info
pid=$(grep -o '"child-pid": [0-9]*' info | grep -o '[0-9]*$')
bwrap --userns 11 --pidns 12 --ro-bind / / --dev /dev true 11<"/proc/$pid/ns/user" 12<"/proc/$pid/ns/pid"
