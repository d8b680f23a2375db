# shellcheck shell=bash
# tool: lua
# does: coroutines, a pipe to a child
# image: dev
# version: lua5.4 -v
[[ $(lua5.4 -e 'local c = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
io.write(c() + c() + c(), " ", io.popen("echo child"):read())') == '6 child' ]]
