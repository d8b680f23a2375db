# shellcheck shell=bash
# tool: php
# does: its own web server, SQLite, a child process
# image: dev
# version: php --version | sed -n 1p
echo '<?php $d = new PDO("sqlite::memory:"); $d->exec("CREATE TABLE t(a); INSERT INTO t VALUES (42)");
echo $d->query("SELECT a FROM t")->fetchColumn(), " ", trim(shell_exec("echo child"));' >index.php
php -S 127.0.0.1:8000 >log 2>&1 &
wait_for curl -sf http://127.0.0.1:8000/
[[ $(curl -s http://127.0.0.1:8000/) == '42 child' ]]
kill %1
