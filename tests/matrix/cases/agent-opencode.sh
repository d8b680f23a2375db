# shellcheck shell=bash
# tool: OpenCode
# does: version, help, its agents and sessions listed
# image: agent
# version: opencode --version
opencode --version | has -E '^[0-9.]+$'
opencode --help 2>&1 | has 'opencode run'
git init -q .
timeout 60 opencode agent list </dev/null >agents
has '^build' <agents
timeout 60 opencode session list </dev/null
