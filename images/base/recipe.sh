# shellcheck shell=bash disable=SC2034 # images/build uses it
# What every agent's sandbox has: a shell and its tools, git, C and C++, Python, a debugger. The small part
# of the toolchains, which CI builds from nothing.
FROM=

PACKAGES=(
  # the system
  base-files bash-completion bubblewrap ca-certificates coreutils file less locales
  procps psmisc sudo tzdata util-linux
  # files and text
  bc diffutils fd-find gawk jq nano patch ripgrep tree unzip vim-tiny xz-utils zip zstd
  # network
  curl iproute2 iputils-ping netcat-openbsd openssh-client openssl rsync wget
  # work
  fakeroot git git-lfs sqlite3 tmux
  # C and C++
  ccache cmake g++ gcc gdb make meson musl-tools ninja-build pkg-config strace
  # Python
  python3 python3-dev python3-pip python3-pytest python3-venv
)

NPM=()

# Inside the root file system.
configure() {
  # Without pages, but packages of Debian's put links there.
  mkdir -p /usr/share/man/man{1,3,5,7,8}
  sed -i 's/^# *\(en_US.UTF-8 UTF-8\)/\1/' /etc/locale.gen
  locale-gen >/dev/null
  useradd --create-home --uid 1000 --shell /bin/bash agent
  echo 'agent ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/agent
  chmod 440 /etc/sudoers.d/agent
  ln -s ../../bin/fdfind /usr/local/bin/fd
  # A workspace is mounted there, with whatever owner it has outside.
  git config --system safe.directory '*'
  # git-lfs writes its settings in an order of the moment.
  local settings key value
  settings=$(git config --system --list | sort)
  rm /etc/gitconfig
  while IFS='=' read -r key value; do
    git config --system "$key" "$value"
  done <<<"$settings"
}
