# shellcheck shell=bash
# tool: PostgreSQL
# does: initdb, a server, SQL, parallel workers, pgbench with 8 clients
# image: matrix
# version: /usr/lib/postgresql/15/bin/postgres --version
export PATH=/usr/lib/postgresql/15/bin:$PATH PGHOST=$PWD PGDATA=$PWD/data PGUSER=agent PGDATABASE=postgres
initdb -A trust >log
pg_ctl -w -l log -o "-k $PWD -h '' -c fsync=off" start
psql -qc "CREATE TABLE t AS SELECT generate_series(1, 200000) AS a; ANALYZE t;"
[[ $(psql -qtAc "SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SELECT sum(a) FROM t;" | tail -n 1) == 20000100000 ]]
pgbench -q -i -s 1
pgbench -c 8 -j 2 -t 50 | has 'number of transactions actually processed: 400/400'
pg_dump -t t | has '^CREATE TABLE public.t'
pg_ctl -w -m fast stop
