# shellcheck shell=bash
# tool: Chromium
# does: headless with its own sandbox on: namespaces and filters, seen on its renderers; a screenshot
# image: matrix
# version: chromium --version
# profile: netns
# runc: fails
# because: its sandbox makes a network namespace; Docker's default profile refuses user namespaces
echo '<body style="background: #00ff00">' >x.html
chromium --headless --disable-gpu --window-size=200,100 --screenshot="$PWD/x.png" "file://$PWD/x.html" 2>log || { cat log; exit 1; }
[[ $(convert x.png -format '%[pixel:p{100,50}]' info:) =~ lime|0,255,0 ]]
chromium --headless --disable-gpu --remote-debugging-port=9222 "file://$PWD/x.html" >log 2>&1 &
wait_for pgrep -f 'type=renderer'
wait_for curl -sf http://127.0.0.1:9222/json/version
renderer=$(pgrep -f 'type=renderer' | head -n 1)
ours=$(sed -n 's/^Seccomp_filters:[[:space:]]*//p' /proc/self/status)
its=$(sed -n 's/^Seccomp_filters:[[:space:]]*//p' "/proc/$renderer/status")
((its > ours)) # it has a filter of its own
[[ $(grep ^NSpid "/proc/$renderer/status" | wc -w) -ge 3 ]] # and a pid namespace
must_fail pgrep -f -- --no-sandbox
kill %1
