# shellcheck shell=bash
# For the scripts that run in the virtual machine (sourced).

# An image's files as a tar archive on standard output: busybox and the guest program.
image_archive() {
  local root
  root=$(mktemp -d)
  chmod 755 "$root"
  mkdir -p "$root"/{bin,etc,proc,sys,dev,tmp,root,www}
  cp /bin/busybox /opt/agentbox/guest "$root/bin/"
  local applet
  for applet in $(busybox --list); do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
  done
  echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
  echo user:x:1000:1000::/:/bin/sh >>"$root/etc/passwd"
  echo served >"$root/www/index.html"
  tar -C "$root" --owner=0 --group=0 -c .
  rm -rf "$root"
}

# For a container of that image with a fifth of a processor: keeps one busy for two seconds, and says whether it
# was held back, of the time that passed by the clock.
# shellcheck disable=SC2016,SC2034 # for the container's shell; of those who source this
KEEP_BUSY='
  now() { cut -d" " -f1 /proc/uptime; }
  used() { sed -n "s/^usage_usec //p" /sys/fs/cgroup/cpu.stat; }
  begin=$(now) before=$(used)
  timeout 2 sh -c "while :; do :; done"
  awk -v begin="$begin" -v end="$(now)" -v before="$before" -v after="$(used)" "
    BEGIN { print (after - before < (end - begin) * 500000 ? \"held\" : after - before) }
    /^nr_throttled/ { print (\$2 > 0) }" /sys/fs/cgroup/cpu.stat'

# For a container of that image with ten processes at most: starts more than those, and says the limit, what the shell
# said when there were too many, and how often the kernel refused. Whatever the speed of the machine: what is started
# stays, and the first process needs no other for what it says.
# shellcheck disable=SC2016,SC2034 # for the container's shell; of those who source this
FORK_TOO_OFTEN='
  cat /sys/fs/cgroup/pids.max
  (for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1000 & done) 2>/tmp/refused
  read -r refused </tmp/refused
  read -r event </sys/fs/cgroup/pids.events
  printf "%s\n" "$refused" "$event"'

# An image in which systemd is to be the first process; its programs are the machine's own, bound at /usr.
systemd_archive() {
  local root units unit
  root=$(mktemp -d)
  chmod 755 "$root"
  mkdir -p "$root"/{usr,etc/systemd/system/basic.target.wants,proc,sys,dev,tmp,run,var/log,root}
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
  echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
  echo root:x:0: >"$root/etc/group"
  : >"$root/etc/machine-id"
  units=$root/etc/systemd/system
  ln -s /usr/lib/systemd/system/basic.target "$units/default.target"
  # What no container has a use for, and what takes its time in an emulated machine.
  for unit in systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-sysusers.service \
    systemd-firstboot.service systemd-update-done.service ldconfig.service; do
    ln -s /dev/null "$units/$unit"
  done
  printf '[Service]\nExecStart=sleep infinity\n' >"$units/hello.service"
  ln -s ../hello.service "$units/basic.target.wants/hello.service"
  tar -C "$root" --owner=0 --group=0 -c .
  rm -rf "$root"
}
