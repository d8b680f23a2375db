# shellcheck shell=bash disable=SC2034 # images/build uses it
# base and Debian's npm, with which images/build installs what NPM names in the other recipes. Not meant for agents.
FROM=base

PACKAGES=(npm)

NPM=()

configure() {
  :
}
