# shellcheck shell=bash
# tool: bubblewrap
# does: user, pid, mount, ipc and uts namespaces, own /proc and /dev, read-only binds, tmpfs, hostname, a filter by fd
# image: base
# version: bwrap --version
# runc: fails
# because: Docker's default profile refuses user namespaces
base=(--ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --bind "$PWD" "$PWD" --die-with-parent)
bwrap "${base[@]}" --unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --hostname inner --new-session \
  bash -c 'set -e; trap "echo line \$LINENO" ERR
    [[ $(hostname) == inner && $$ -le 2 ]]
    [[ $(ls -d /proc/[0-9]* | wc -l) -le 6 ]] # its own /proc
    if touch /usr/x 2>/dev/null; then exit 1; fi
    touch /tmp/x "$1/out"
    [[ ! -e /dev/sda ]]
    echo x >/dev/null' bash "$PWD"
[[ -e out && ! -e /tmp/x ]]
[[ $(bwrap "${base[@]}" --unshare-user --uid 0 --gid 0 id -u) == 0 ]]
bwrap "${base[@]}" --unshare-pid --as-pid-1 sh -c '[ $$ = 1 ]'
# Flatpak's and Claude Code's shape: single binds over a fresh root, symlinks, data by fd, caps dropped, args by fd.
bwrap --unshare-user --unshare-pid --tmpfs / --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
  --symlink usr/bin /bin --proc /proc --dev /dev --dir /run/user --perms 0700 --tmpfs /home --file 10 /data --ro-bind-data 11 /ro \
  --setenv A b --unsetenv USER --chdir / --cap-drop ALL --ro-bind-try /nothing /nothing --remount-ro /usr --size 1048576 --tmpfs /small \
  bash -c '[[ $(</data) == data && $(</ro) == ro && $A == b && -z ${USER:-} ]]' 10< <(echo data) 11< <(echo ro)
# A filter of its own: getpid(2) gives errno 77, which libc passes on.
python3 -c '
import struct, sys
insns = [(0x20, 0, 0, 0), (0x15, 0, 1, 39), (6, 0, 0, 0x50000 | 77), (6, 0, 0, 0x7fff0000)]
sys.stdout.buffer.write(b"".join(struct.pack("HBBI", *it) for it in insns))' >filter
bwrap "${base[@]}" --unshare-user --seccomp 12 python3 -c 'import ctypes
assert ctypes.CDLL(None).getpid() == -77' 12<filter
# One in the other.
bwrap "${base[@]}" --unshare-user --unshare-pid bwrap --ro-bind / / --dev /dev --proc /proc --unshare-user --unshare-pid true
