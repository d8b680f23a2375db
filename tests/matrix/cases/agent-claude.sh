# shellcheck shell=bash
# tool: Claude Code
# does: version, help, its settings written and read, a prompt that ends for want of an account
# image: agent
# version: claude --version
claude --version | has -E '^[0-9.]+ \(Claude Code\)'
claude --help | has -- '--dangerously-skip-permissions'
git init -q .
claude mcp add example -- true
claude mcp get example | has 'Command: true'
status=0
timeout 60 claude --print --dangerously-skip-permissions hello >said 2>&1 || status=$?
cat said
[[ $status == 1 ]]
has -iE 'login|api key' <said
