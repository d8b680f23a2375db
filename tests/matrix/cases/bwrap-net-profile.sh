# shellcheck shell=bash
# tool: bubblewrap
# does: --unshare-net and --unshare-all: only lo, up, and no way out
# image: base
# version: bwrap --version
# profile: netns
# runc: fails
# because: Docker's default profile refuses user namespaces
[[ $(bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all ip -brief link | cut -c 1-14) == 'lo            '* ]]
bwrap --ro-bind / / --dev /dev --proc /proc --unshare-user --unshare-net \
  bash -c 'exec 3<>/dev/udp/127.0.0.1/9 && echo x >&3'
must_fail bwrap --ro-bind / / --dev /dev --proc /proc --unshare-net bash -c ': >/dev/tcp/192.0.2.1/80' 2>error
grep -q 'unreachable' error
