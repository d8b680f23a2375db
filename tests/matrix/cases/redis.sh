# shellcheck shell=bash
# tool: Redis
# does: a server by socket and TCP, 20,000 calls, a save by fork, append-only file, restart
# image: matrix
# version: redis-server --version
redis-server --port 6379 --unixsocket "$PWD/socket" --dir "$PWD" --appendonly yes --daemonize yes --io-threads 2
answers() { [[ $(redis-cli ping) == PONG ]]; } # nor "LOADING", for which it exits with 0, too
wait_for answers
redis-benchmark -q -n 20000 -t set,get -s socket
redis-cli set key value
redis-cli bgsave
wait_for sh -c 'redis-cli info persistence | grep -q "rdb_bgsave_in_progress:0"'
[[ -s dump.rdb ]]
redis-cli shutdown nosave || true
wait_for sh -c '! pgrep -x redis-server'
redis-server --port 6379 --dir "$PWD" --appendonly yes --daemonize yes
wait_for answers
[[ $(redis-cli get key) == value ]]
redis-cli shutdown nosave
