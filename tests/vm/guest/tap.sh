# shellcheck shell=bash
# For the scripts that run in the virtual machine (sourced): cases, told as TAP. The script's name comes
# before each case's.

suite=$(basename "$0")
case_number=0
has_failed=false

# begin_on RUNTIME: the cases from here on are this runtime's; those of another than agentbox show that they
# are true of it, too.
begin_on() {
  export RUNTIME=$1
  suite=$(basename "$0")
  [[ $1 == agentbox ]] || suite+=-on-$1
}

# Whether cases run on runc first: on one of the machines, for the time that they take.
has_time_for_runc() { grep -q '^VERSION_ID="12"' /etc/os-release; }

# is NAME WANTED COMMAND...: what the command prints, errors too, is WANTED or matches that pattern.
is() {
  local name=$1 wanted=$2 got
  shift 2
  case_number=$((case_number + 1))
  got=$("$@" 2>&1)
  # shellcheck disable=SC2053 # a pattern
  if [[ $got == $wanted ]]; then
    echo "ok $case_number - $suite/$name"
    return
  fi
  echo "not ok $case_number - $suite/$name"
  printf 'wanted: %s\ngot: %s\n' "$wanted" "$got" | sed 's/^/#   /'
  has_failed=true
}

# Runs the command until it succeeds, for five minutes at most: only a failure lasts until then.
eventually() {
  local deadline=$((SECONDS + 300))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return
    read -rt 0.2 <> <(:) # waits; sleep(1) would be a process
  done
}

finish() {
  ! $has_failed
}
