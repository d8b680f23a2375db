#!/usr/bin/env bash
# Runs the cgroup test (the argument) on each way of mounting cgroups that can be had from what this
# host mounts: as it is, v1 without cgroup2, cgroup2 alone. In mount namespaces of its own.
set -u
test=$1
shift
failed=0

run() {
  echo "== $1"
  unshare --mount --propagation private -- bash -c "$2"' && exec "$@"' bash "$test" "${@:3}" ||
    failed=1
}

run "as mounted" true "$@"
if mountpoint -q /sys/fs/cgroup/unified; then
  run "v1 alone" 'umount /sys/fs/cgroup/unified' "$@"
  run "cgroup2 alone" 'mount --bind /sys/fs/cgroup/unified /mnt && umount -R /sys/fs/cgroup &&
    mount --move /mnt /sys/fs/cgroup' "$@"
fi
exit $failed
