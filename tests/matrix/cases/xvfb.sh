# shellcheck shell=bash
# tool: Xvfb
# does: an X server, a window in it, its picture
# image: matrix
# version: dpkg-query -W -f '${Version}' xvfb
# Without -noreset it begins anew when a first client has gone, and refuses a second in that moment.
Xvfb :1 -screen 0 300x200x24 -nolisten tcp -noreset >log 2>&1 &
export DISPLAY=:1
wait_for xdpyinfo
xdpyinfo | has 'dimensions: *300x200'
convert -size 120x80 xc:red red.png
display red.png &
wait_for sh -c 'xwininfo -root -tree | grep -q red.png'
wait_for sh -c 'import -window root screen.png; convert screen.png -unique-colors txt: | grep -qi "#FF0000"'
kill %2 %1
