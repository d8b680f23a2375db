# shellcheck shell=bash disable=SC2034 # images/build uses it
# dev, and what the toolchain matrix runs besides: Node.js, servers, browsers, emulators. Not meant for agents.
FROM=dev

PACKAGES=(
  # servers
  nginx-light openssh-server postgresql redis-server
  # browsers and screens
  chromium fonts-dejavu-core imagemagick x11-utils xauth xvfb
  # systems in systems
  apt-utils debootstrap gcc-aarch64-linux-gnu libc6-dev-arm64-cross mmdebstrap qemu-system-x86 qemu-user
  # file systems
  fuse3 squashfs-tools squashfuse
)

NPM=(node@24 npm@11 node-gyp@11)
# Kept in /opt/npm-cache, from which `npm install --offline` installs in the sandbox.
NPM_CACHE=(typescript@5 esbuild vite@5 vitest@2 playwright-core node-addon-api@8)

# A repository of the packages of a smallest Debian, from which one is made in the sandbox.
configure() {
  debootstrap --download-only --variant=minbase bookworm /tmp/smallest
  mkdir -p /opt/repository/dists/bookworm/main/binary-amd64
  cp /tmp/smallest/var/cache/apt/archives/*.deb /opt/repository
  cd /opt/repository || return
  apt-ftparchive packages . >dists/bookworm/main/binary-amd64/Packages
  apt-ftparchive -o APT::FTPArchive::Release::Codename=bookworm -o APT::FTPArchive::Release::Components=main \
    -o APT::FTPArchive::Release::Architectures=amd64 release dists/bookworm >Release
  mv Release dists/bookworm
}
