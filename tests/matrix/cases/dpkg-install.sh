# shellcheck shell=bash
# tool: apt-get, dpkg
# does: builds packages, makes a repository of them, apt-get installs, upgrades and purges
# image: base
# version: apt-get --version | sed -n 1p
# user: root
make_package() { # NAME VERSION DEPENDS
  mkdir -p "$1/DEBIAN" "$1/opt/$1"
  echo "$2" >"$1/opt/$1/version"
  printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n%s' "$1" "$2" \
    "${3:+Depends: $3
}" >"$1/DEBIAN/control"
  printf '#!/bin/sh\nid -u >/opt/%s/postinst\nadduser --system --quiet %s-user 2>/dev/null || useradd --system %s-user 2>/dev/null || true\n' \
    "$1" "$1" "$1" >"$1/DEBIAN/postinst"
  chmod 755 "$1/DEBIAN/postinst"
  dpkg-deb --build --root-owner-group "$1" "repository/$1_$2_all.deb" >/dev/null
}
index() {
  (cd repository && rm -f Packages && for deb in *.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
  done >Packages)
  apt-get -q update
}
mkdir repository
chmod 755 .
make_package one 1.0
make_package two 1.0 one
rm -f /etc/apt/sources.list
echo "deb [trusted=yes] file:$PWD/repository ./" >/etc/apt/sources.list.d/local.list
index
apt-get -q -y install two
[[ $(cat /opt/one/version /opt/two/version) == $'1.0\n1.0' && $(<"/opt/two/postinst") == 0 ]]
make_package two 2.0 one
index
apt-get -q -y upgrade
[[ $(<"/opt/two/version") == 2.0 ]]
apt-get -q -y purge one
[[ ! -e /opt/two/version ]]
dpkg --audit
dpkg --verify base-files
