# shellcheck shell=bash
# tool: FUSE
# does: squashfuse in a user namespace, where the policy allows /dev/fuse
# image: matrix
# version: fusermount3 --version
# device: /dev/fuse
# runc: fails
# because: Docker's default profile refuses user namespaces
mkdir tree mounted
seq 1000 >tree/numbers
mksquashfs tree image.squashfs -quiet -no-progress
unshare --map-root-user --mount bash -euc 'squashfuse image.squashfs mounted
  cmp tree/numbers mounted/numbers
  if touch mounted/x 2>/dev/null; then exit 1; fi
  umount mounted'
