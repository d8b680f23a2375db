# shellcheck shell=bash
# tool: bubblewrap
# does: --unshare-net without the profile: refused with ENOSPC
# image: base
# version: bwrap --version
# runc: fails
# fails: (ENOSPC)
# because: new network namespaces are what most exploits of the kernel begin with: profile netns has them
bwrap --ro-bind / / --unshare-user --unshare-net true
