# shellcheck shell=bash
# tool: debootstrap
# does: a smallest Debian from a local repository, both stages, as root
# image: matrix
# version: debootstrap --version
# user: root
# seconds: 400
# fails: mounted with noexec or nodev
# because: it makes device nodes, which no user namespace may; mmdebstrap does without
debootstrap --no-check-gpg --variant=minbase bookworm "$PWD/root" file:///opt/repository
chroot root dpkg --audit
[[ $(chroot root sh -c '. /etc/os-release; echo $VERSION_CODENAME') == bookworm ]]
