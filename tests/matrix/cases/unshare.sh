# shellcheck shell=bash
# tool: unshare
# does: user, mount, pid, ipc, uts and cgroup namespaces of util-linux, a tmpfs and an overlay inside
# image: base
# version: unshare --version
# runc: fails
# because: Docker's default profile refuses user namespaces
unshare --map-root-user --mount --pid --fork --mount-proc --ipc --uts bash -c 'set -e
  hostname inner
  [[ $$ == 1 && $(id -u) == 0 ]]
  mkdir -p lower upper work merged tmp
  mount -t tmpfs t tmp
  mkdir tmp/upper tmp/work tmp/merged
  echo x >lower/file
  mount -t overlay -o "lowerdir=$PWD/lower,upperdir=tmp/upper,workdir=tmp/work,userxattr" o tmp/merged
  rm tmp/merged/file
  [[ -e lower/file && -c tmp/upper/file ]]'
[[ ! -e merged/file ]]
unshare --user --map-current-user --cgroup true
