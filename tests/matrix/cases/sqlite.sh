# shellcheck shell=bash
# tool: sqlite3
# does: WAL, four writers at once, mmap, integrity check
# image: base
# version: sqlite3 --version
sqlite3 db 'PRAGMA journal_mode=WAL; CREATE TABLE t(a, b);'
for ((i = 0; i < 4; i++)); do
  { echo '.timeout 100000'
    for ((j = 0; j < 50; j++)); do echo "INSERT INTO t VALUES($i, $j);"; done; } | sqlite3 db &
  pids[i]=$!
done
for pid in "${pids[@]}"; do wait "$pid"; done
[[ $(sqlite3 db 'PRAGMA mmap_size=268435456; SELECT count(*), sum(b) FROM t;' | tail -n 1) == '200|4900' ]]
[[ $(sqlite3 db 'PRAGMA integrity_check; VACUUM;') == ok ]]
