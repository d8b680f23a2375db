# shellcheck shell=bash
# tool: nginx
# does: a master of root's with workers of another user, sendfile, a thread pool, reload, 500 requests
# image: matrix
# version: nginx -v 2>&1
# user: root
mkdir www
chmod 755 .
seq 50000 >www/numbers
cat >nginx.conf <<N
user www-data;
worker_processes 2;
pid $PWD/pid;
error_log $PWD/log;
thread_pool default threads=4;
events { use epoll; }
http { access_log off; sendfile on; aio threads; directio 1m; server { listen 127.0.0.1:8000 reuseport; root $PWD/www; } }
N
nginx -c "$PWD/nginx.conf"
wait_for curl -sf -o got http://127.0.0.1:8000/numbers
cmp got www/numbers
ps -o user= -C nginx | sort | uniq -c | has '2 www-data'
nginx -c "$PWD/nginx.conf" -s reload
seq 500 | xargs -P 8 -I N curl -sf -o /dev/null http://127.0.0.1:8000/numbers
nginx -c "$PWD/nginx.conf" -s quit
