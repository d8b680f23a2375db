# shellcheck shell=bash
# tool: Codex
# does: its own sandbox without the profile: refused, with the reason
# image: agent
# version: codex --version
# runc: fails
# fails: (ENOSPC)
# because: its sandbox makes a network namespace: profile netns, or Codex's --dangerously-bypass-approvals-and-sandbox
codex sandbox -- true
