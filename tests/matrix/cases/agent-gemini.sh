# shellcheck shell=bash
# tool: Gemini CLI
# does: version, help, a prompt that ends for want of an account
# image: agent
# version: gemini --version
gemini --version | has -E '^[0-9.]+$'
gemini --help | has -- '--yolo'
status=0
timeout 60 gemini --prompt hello >said 2>&1 || status=$?
cat said
[[ $status != 0 && $status != 124 ]]
has -iE 'auth|api_key' <said
