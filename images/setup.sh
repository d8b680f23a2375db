# shellcheck shell=bash
# For scripts that set up a machine (sourced): tell each step, install packages, build. A failing step
# says which it was and why; Setup never changes what is already as it should be.

# What building agentbox needs, and what it uses on the host: newuidmap (uidmap) and pasta (passt).
# shellcheck disable=SC2034 # those that source this use it
BUILD_PACKAGES=(g++ meson ninja-build pkg-config libseccomp-dev libyajl-dev libmount-dev libarchive-dev
  libsystemd-dev libexpected-dev libboost-test-dev nlohmann-json3-dev zlib1g-dev uidmap passt ca-certificates git)

step_number=0
step='starting'

say_step() {
  step_number=$((step_number + 1))
  step=$1
  printf '\n== %d. %s\n' "$step_number" "$step"
}

fail() {
  printf '%s: step %d (%s): %s\n' "${0##*/}" "$step_number" "$step" "$1" >&2
  exit 1
}

# Prints those of the packages $@ that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

# Installs the packages $@, by sudo where the caller is not root.
install_packages() {
  command -v dpkg-query >/dev/null || fail 'this is not Debian: dpkg-query is not there'
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then
    echo 'all are installed'
    return
  fi
  local -a as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "needs root to install ${missing[*]}, and there is no sudo"
    as_root=(sudo)
  fi
  printf 'missing: %s\n' "${missing[*]}"
  local -a apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  "${apt_get[@]}" update </dev/null || fail 'apt-get update: see above; is there a network?'
  "${apt_get[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null ||
    fail "apt-get install ${missing[*]}: see above"
}

# Builds the sources in $1 in $1/build: the targets that follow, or all.
build_agentbox() {
  local source=$1
  shift
  if [[ ! -f $source/build/build.ninja ]]; then
    meson setup "$source/build" "$source" || fail 'meson setup: see above'
  fi
  ninja -C "$source/build" "$@" || fail 'ninja: the build failed, see above'
}
