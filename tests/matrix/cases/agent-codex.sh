# shellcheck shell=bash
# tool: Codex
# does: version, help, a command in its own sandbox, which reads, and neither writes nor has a network
# image: agent
# version: codex --version
# profile: netns
# runc: fails
# because: its sandbox makes a network namespace; Docker's default profile refuses user namespaces
codex --version | has '^codex-cli '
codex --help | has 'sandbox'
echo given >given
codex sandbox -- bash -c '[[ $(<given) == given ]]
  if touch here 2>/dev/null; then exit 1; fi
  if : 2>/dev/null >/dev/udp/192.0.2.1/9; then exit 1; fi'
[[ ! -e here ]]
