# shellcheck shell=bash
# tool: perf
# does: perf stat without the profile: refused
# image: dev
# version: perf --version
# runc: fails
# fails: No permission to enable
# because: perf_event_open is in profile debug only; Docker's default profile refuses it too
perf stat -e task-clock:u true
