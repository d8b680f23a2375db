#!/usr/bin/env bash
# Runs the test PROGRAM on cgroups mounted in one MODE: `as-mounted` (by this host), `v1` (without
# cgroup2), `v2` (cgroup2 alone). In a mount namespace of its own.
#
#   cgroups.sh MODE PROGRAM [OPTION...]
set -euo pipefail

case $1 in
  as-mounted) mounts='true' ;;
  v1) mounts='! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified' ;;
  v2) mounts='! mountpoint -q /sys/fs/cgroup/unified ||
    { mount --bind /sys/fs/cgroup/unified /mnt && umount -R /sys/fs/cgroup &&
      mount --bind /mnt /sys/fs/cgroup; }' ;;
  *) echo "$0: \"$1\" is no mode: as-mounted, v1 or v2" >&2 && exit 2 ;;
esac
shift
exec unshare --mount --propagation private -- \
  bash -c "{ $mounts; } || exit 99; exec \"\$@\"" bash "$@"
