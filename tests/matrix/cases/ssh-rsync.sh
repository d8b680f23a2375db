# shellcheck shell=bash
# tool: ssh, rsync
# does: keys, a local sshd, ssh with a terminal, rsync with attributes over it, sftp
# image: matrix
# version: ssh -V 2>&1
# user: root
mkdir -p /run/sshd ~/.ssh
chmod 700 ~/.ssh
ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys
ssh-keygen -A
/usr/sbin/sshd -p 2222 -o ListenAddress=127.0.0.1 -o PermitRootLogin=yes
options=(-p 2222 -o StrictHostKeyChecking=no)
[[ $(ssh "${options[@]}" 127.0.0.1 'echo "in as $(id -un)"') == 'in as root' ]]
ssh -tt "${options[@]}" 127.0.0.1 tty </dev/null | has '^/dev/pts/'
mkdir -p tree/deep
echo x >tree/deep/file
ln -s file tree/deep/link
chown -R 1000:1000 tree/deep
rsync -aHAXS --numeric-ids -e "ssh ${options[*]}" tree/ 127.0.0.1:"$PWD/copy/"
[[ $(stat -c %u copy/deep/file) == 1000 && $(readlink copy/deep/link) == file ]]
rsync -a tree/ local/
diff -r tree local
echo "get $PWD/copy/deep/file got" | sftp -q -P 2222 -o StrictHostKeyChecking=no 127.0.0.1
cmp got tree/deep/file
pkill -x sshd
