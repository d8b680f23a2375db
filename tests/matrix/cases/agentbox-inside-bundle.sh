# shellcheck shell=bash
# tool: agentbox
# does: agentbox run of a bundle in agentbox: fails with one clear line
# image: base
# version: /opt/agentbox --version
# user: root
# program: agentbox
# runc: fails
# fails: agentbox: run inner: clone3(2), which a filter of system calls refuses here: agentbox does not run in a sandbox
# because: its filter refuses clone3(2), which has the flags of new namespaces in memory
mkdir -p bundle/rootfs/{proc,sys,dev,etc}
cd bundle
echo 'int main(void) { return 0; }' | gcc -static -x c - -o rootfs/true
/opt/agentbox spec
sed -i 's/"terminal": true/"terminal": false/; s#"sh"#"/true"#' config.json
/opt/agentbox run inner
