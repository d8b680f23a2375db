# shellcheck shell=bash
# tool: curl
# does: fetches over HTTP and TLS from servers inside, resumes, follows, keeps cookies
# image: base
# version: curl --version | sed -n 1p
seq 100000 >numbers
python3 -m http.server 8000 --bind 127.0.0.1 >log 2>&1 &
openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
openssl s_server -quiet -accept 8443 -key key -cert cert -WWW &
curl -sS --retry 20 --retry-connrefused --retry-delay 1 -o got http://localhost:8000/numbers
cmp got numbers
curl -sS --retry 20 --retry-connrefused --retry-delay 1 --cacert cert -o tls https://localhost:8443/numbers
cmp tls numbers
wget -q -O got http://localhost:8000/numbers
cmp got numbers
must_fail curl -sS -m 5 http://203.0.113.1/ 2>error
grep -qE 'unreachable|Could not connect|Failed to connect' error
kill %1 %2
