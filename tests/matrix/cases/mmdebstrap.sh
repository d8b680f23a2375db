# shellcheck shell=bash
# tool: mmdebstrap
# does: a smallest Debian from a local repository in mode root
# image: matrix
# version: mmdebstrap --version
# user: root
# seconds: 400
echo 'deb [trusted=yes] copy:/opt/repository bookworm main' >sources
mmdebstrap --mode=root --variant=minbase --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr bookworm root.tar sources
tar -tf root.tar | has '^./usr/bin/dpkg$'
