# shellcheck shell=bash disable=SC2034 # images/build uses it
# dev, a Node.js of this day, and the coding agents of the npm registry.
FROM=dev

PACKAGES=()

NPM=(
  # Node.js and npm first, as npm's packages: Debian's are too old for the agents.
  node@24 npm@11 node-gyp@11
  @anthropic-ai/claude-code
  @openai/codex
  @google/gemini-cli
  opencode-ai
)

# What each is called, for those that start them all.
AGENTS=(claude codex gemini opencode)

configure() {
  :
}
