# shellcheck shell=bash
# tool: fakeroot
# does: a user makes an archive with root's files and a device in it
# image: base
# version: fakeroot --version
fakeroot sh -c 'mkdir tree && touch tree/file && chown 0:7 tree/file && mknod tree/null c 1 3 && tar -cf tree.tar tree && id -u' >uid
[[ $(<uid) == 0 ]]
tar --numeric-owner -tvf tree.tar | has -E '^crw.* 0/0 +1,3 '
tar --numeric-owner -tvf tree.tar | has ' 0/7 '
