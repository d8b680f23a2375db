#!/usr/bin/env bash
# Boots a systemd of its own, in namespaces and a directory of cgroup2 of its own and on a throwaway
# copy of "/", and runs the test PROGRAM there as a service, with $AGENTBOX and $AGENTBOX_GUEST where it
# needs them. As root.
#
#   systemd.sh PROGRAM [OPTION...]
set -euo pipefail

program=$(realpath "$1")
shift
unified=/sys/fs/cgroup
if mountpoint -q "$unified/unified"; then unified+=/unified; fi
cgroup=$unified/agentbox-systemd-$$
shared=$(mktemp -d)
boot=

# shellcheck disable=SC2317 # called by the trap
clean_up() {
  if [[ -n $boot ]]; then
    echo 1 >"$cgroup/cgroup.kill" 2>/dev/null || true
    wait "$boot" 2>/dev/null || true
  fi
  find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  rm -rf "$shared"
}
trap clean_up EXIT
trap 'exit 1' TERM INT

mkdir "$cgroup"
cp "$program" "$shared/program"
[[ -z ${AGENTBOX:-} ]] || cp "$AGENTBOX" "$shared/agentbox"
[[ -z ${AGENTBOX_GUEST:-} ]] || cp "$AGENTBOX_GUEST" "$shared/guest"
cat >"$shared/agentbox-test.service" <<UNIT
[Unit]
Requires=dbus.service
After=dbus.service
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
ExecStart=/mnt/program $*
Environment=AGENTBOX=/mnt/agentbox AGENTBOX_GUEST=/mnt/guest HOME=/root
StandardOutput=file:/mnt/output
StandardError=inherit
TimeoutStartSec=240
PassEnvironment=BOOST_TEST_REPORT_FORMAT BOOST_TEST_REPORT_LEVEL BOOST_TEST_LOG_LEVEL
UNIT

# Runs as the first process of the new pid namespace.
cat >"$shared/boot" <<'BOOT'
set -euo pipefail
shared=$1
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
root=/mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work $root
mount --bind "$shared" $root/mnt
mount -t proc proc $root/proc
mount -t sysfs sysfs $root/sys
mount -t cgroup2 cgroup2 $root/sys/fs/cgroup
mount --rbind /dev $root/dev
# Root file systems and layers of containers: on an overlay neither could be.
for directory in run tmp var/lib/agentbox; do
  mkdir -p $root/$directory
  mount -t tmpfs tmpfs $root/$directory
done
mkdir -p $root/run/systemd/system
cp "$shared/agentbox-test.service" $root/run/systemd/system/
# Not by chroot(1): who is in one can make no user namespace.
mkdir $root/old-root
cd $root
pivot_root . old-root
umount -l old-root
exec /usr/bin/env container=agentbox-test \
  /lib/systemd/systemd --unit=agentbox-test.service --show-status=0 --log-level=err
BOOT

# The cgroup namespace is made by a process that is in the cgroup already.
bash -c 'echo $$ >"$1/cgroup.procs" && exec unshare --cgroup --mount --pid --fork --kill-child --uts \
  --ipc --net --propagation private bash "$2/boot" "$2"' bash "$cgroup" "$shared" \
  >"$shared/boot-log" 2>&1 &
boot=$!
status=0
wait "$boot" || status=$?
boot=
if [[ -s $shared/output ]]; then
  cat "$shared/output"
else
  echo "systemd did not run the test (status $status):" >&2
  cat "$shared/boot-log" >&2
  status=1
fi
exit "$status"
