# shellcheck shell=bash
# For the scripts that run in the virtual machine (sourced): Podman with systemd's cgroups, of root and of a
# user alike.

# systemctl to the manager that has the user's containers.
manager() {
  if ((EUID == 0)); then systemctl "$@"; else systemctl --user "$@"; fi
}

run() { podman --runtime "$RUNTIME" run --rm "$@"; }

# start NAME OPTION... : a container that waits for its end.
start() {
  local name=$1
  shift
  podman run -d --name "$name" "$@" box sleep 1000 >/dev/null
}

# remove NAME: when a container ends Podman itself runs `podman container cleanup`, and the loser of the two fails.
remove() { eventually podman rm -f -i -t 0 "$1"; }

field() { podman inspect -f "{{.$2}}" "$1"; }
scope_of() { echo "libpod-$(field "$1" Id).scope"; }
property() { manager show --value -p "$2" "$(scope_of "$1")"; }
cgroup_of() { cut -d: -f3 "/proc/$(field "$1" State.Pid)/cgroup"; }
# One of the scope, or of the cgroup below it that some runtimes make in it.
cgroup_file() { cat "/sys/fs/cgroup$(cgroup_of "$1")/$2"; }

eventually_fetch() {
  eventually busybox wget -qO - "$1"
  busybox wget -qO - "$1"
}

containers_are_scopes() {
  start one --memory 64m
  is scope_is_active active manager is-active "$(scope_of one)"
  is scope_has_the_memory_limit 67108864 property one MemoryMax
  is exec_is_in_the_container_s_cgroup 0::/ podman exec one cat /proc/self/cgroup
  podman pause one >/dev/null
  is pause_freezes 1 cgroup_file one cgroup.freeze
  podman unpause one >/dev/null
  is stats_are_those_of_the_cgroup '* / 67.11MB' podman stats --no-stream --format '{{.MemUsage}}' one
  local scope
  scope=$(scope_of one)
  remove one
  is removal_removes_the_scope inactive manager is-active "$scope"
}

pods_share_namespaces() {
  podman pod create --name pod --share net,ipc,uts -p 8081:80 >/dev/null
  podman run -d --pod pod --name server box httpd -f -p 80 -h /www >/dev/null
  # First, for it waits until the server listens.
  is a_pods_port_is_published served eventually_fetch http://127.0.0.1:8081/
  is containers_of_a_pod_share_the_network served podman run --rm --pod pod box wget -qO - http://127.0.0.1/
  eventually podman pod rm -f -i -t 0 pod
}

is_up() { podman exec system systemctl is-active hello; }
cgroup_of_service() { podman exec system sh -c 'cat "/proc/$(systemctl show --value -p MainPID hello)/cgroup"'; }

# A systemd with journal and all, to basic.target.
systemd_runs_inside() {
  systemd_archive | podman import --quiet - system >/dev/null
  podman --runtime "$RUNTIME" run -d --name system --systemd=always -v /usr:/usr:ro system \
    /usr/lib/systemd/systemd >/dev/null
  eventually is_up
  is systemd_starts_a_service active is_up
  is systemd_has_cgroups_of_its_own '0::/*/hello.service' cgroup_of_service
  podman exec system journalctl --sync # what systemd has sent may not be read yet
  is systemd_has_a_journal '*Started *hello.service*' podman exec system journalctl --no-pager -o cat -u hello
  podman stop -t 300 system >/dev/null
  is systemd_ends_in_an_orderly_way 'exited 0' podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' system
  remove system
  podman rmi system >/dev/null
}
