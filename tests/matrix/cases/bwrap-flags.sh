# shellcheck shell=bash
# tool: bubblewrap
# does: arguments, data, locks and answers by descriptor, binds of devices, capabilities, modes, two filters
# image: base
# version: bwrap --version
# runc: fails
# because: Docker's default profile refuses user namespaces
# The flags of Flatpak's and of Claude Code's sandbox that the other case has not.
echo data >file
touch lock
printf '%s\0' --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp --bind "$PWD" "$PWD" --chdir "$PWD" >arguments
in_box() {
  bwrap --args 10 --unshare-user --unshare-pid "$@" 10<arguments
}
in_box --die-with-parent --clearenv --setenv PATH "$PATH" env >environment
! grep -q '^HOME=' environment
in_box --dev-bind /dev /dev --dev-bind-try /nothing /nothing sh -c 'echo x >/dev/null && [ ! -e /nothing ]'
in_box --bind-try "$PWD/file" /tmp/file --bind-try /nothing /nothing --ro-bind-try "$PWD/file" /tmp/other \
  sh -c 'grep -q data /tmp/file && grep -q data /tmp/other && [ ! -e /nothing ]'
in_box --bind-data 11 /tmp/written --perms 0640 --file 12 /tmp/file --dir /tmp/directory --chmod 0711 /tmp/directory \
  sh -c 'echo more >>/tmp/written && [ "$(cat /tmp/written)" = "$(printf "by fd\nmore")" ] &&
    [ "$(stat -c %a /tmp/file /tmp/directory | xargs)" = "640 711" ]' 11< <(echo 'by fd') 12< <(echo x)
in_box --unshare-ipc --mqueue /tmp/queues --lock-file "$PWD/lock" sh -c '[ "$(stat -f -c %T /tmp/queues)" = mqueue ]'
# Capabilities within the namespace: what is added, and no more.
[[ $(in_box --uid 0 --gid 0 --cap-drop ALL --cap-add CAP_CHOWN sh -c 'grep CapEff /proc/self/status' | cut -f 2) == 0000000000000001 ]]
# Who starts it is told of its process, and says when it goes on; it ends with what it is bound to.
in_box --info-fd 13 --json-status-fd 14 true 13>info 14>status
grep -q '"child-pid": [0-9]' info && grep -q '"exit-code": 0' status
mkfifo gate
in_box --block-fd 15 touch "$PWD/went-on" 15<>gate &
sleep 0.5
[[ ! -e went-on ]]
echo >gate
wait $!
[[ -e went-on ]]
in_box --sync-fd 16 true 16>sync
# Two filters: each answers for its own call.
python3 -c '
import struct
def refuse(number, error):
    insns = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50000 | error), (6, 0, 0, 0x7fff0000)]
    return b"".join(struct.pack("HBBI", *it) for it in insns)
open("one", "wb").write(refuse(39, 77))
open("other", "wb").write(refuse(110, 78))'
in_box --add-seccomp-fd 11 --add-seccomp-fd 12 python3 -c 'import ctypes
libc = ctypes.CDLL(None)
assert (libc.getpid(), libc.getppid()) == (-77, -78)' 11<one 12<other
