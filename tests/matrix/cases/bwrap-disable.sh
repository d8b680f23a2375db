# shellcheck shell=bash
# tool: bubblewrap
# does: --disable-userns, as Flatpak has it: no further user namespaces in there
# image: base
# version: bwrap --version
# runc: fails
# fails: max_user_namespaces: Read-only file system
# because: it writes to /proc/sys/user, which is read-only: it has the sandbox's own limit of user and network namespaces, too
box=(bwrap --ro-bind / / --dev /dev --proc /proc --unshare-user --disable-userns)
must_fail "${box[@]}" unshare --user true
"${box[@]}" --assert-userns-disabled true
