# shellcheck shell=bash
# tool: sudo, su
# does: the agent becomes root and another user; set-uid programs work
# image: base
# version: sudo --version | sed -n 1p
[[ $(id -u) == 1000 ]]
[[ $(sudo id -u) == 0 ]]
sudo useradd --create-home other
[[ $(sudo -u other -i id -un) == other ]]
[[ $(sudo su - other -c 'echo $HOME') == /home/other ]]
sudo chown other file 2>/dev/null || touch file
sudo chown other:other file
[[ $(stat -c %U file) == other ]]
