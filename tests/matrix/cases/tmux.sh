# shellcheck shell=bash
# tool: tmux
# does: a server, windows, keys sent, the screen read
# image: base
# version: tmux -V
export TMUX_TMPDIR=$PWD
tmux -f /dev/null new-session -d -s one -x 80 -y 24 'bash --norc'
tmux send-keys -t one "tty >tty; stty size >size; tmux wait-for -S typed" Enter
tmux wait-for typed
grep -q '^/dev/pts/' tty
grep -qE '^2[34] 80$' size
tmux split-window -t one 'echo second; sleep 60'
[[ $(tmux list-panes -t one | wc -l) == 2 ]]
tmux kill-server
