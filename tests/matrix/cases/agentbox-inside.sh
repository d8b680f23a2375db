# shellcheck shell=bash
# tool: agentbox
# does: agentbox do in agentbox, as root: fails with one clear line
# image: base
# version: /opt/agentbox --version
# user: root
# program: agentbox
# runc: fails
# fails: agentbox: do: clone3(2), which a filter of system calls refuses here: agentbox does not run in a sandbox
# because: its filter refuses clone3(2), which has the flags of new namespaces in memory
/opt/agentbox "do" --network none -- true
