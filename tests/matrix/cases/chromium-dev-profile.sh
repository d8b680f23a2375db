# shellcheck shell=bash
# tool: Chromium
# does: headless with its own sandbox, without the profile: ends by a fault
# image: matrix
# version: chromium --version
# runc: fails
# fails: crashpad
# because: its sandbox makes a network namespace, and it takes a refusal for a fault of its own: profile netns, or --no-sandbox
echo x >x.html
chromium --headless --disable-gpu --enable-logging=stderr --v=0 --screenshot="$PWD/x.png" "file://$PWD/x.html"
