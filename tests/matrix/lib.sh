# shellcheck shell=bash
# What the cases share; box.py reads it in before each.

trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR
set -E

# must_fail COMMAND...: ends the case if the command succeeds.
must_fail() {
  if "$@"; then
    echo "it succeeds: $*" >&2
    exit 1
  fi
}

# wait_for COMMAND...: until the command succeeds, for two minutes.
wait_for() {
  local i
  for ((i = 0; i < 1200; i++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "not within two minutes: $*" >&2
  exit 1
}

# has PATTERN...: whether standard input has it, all of which is read: what writes it gets no SIGPIPE.
has() {
  grep "$@" >/dev/null
}
