# shellcheck shell=bash disable=SC2034 # images/build uses it
# base and the other languages that a coding agent is asked to work in. Node.js is in agent, from npm.
FROM=base

PACKAGES=(
  # C and C++
  autoconf automake bison clang clang-format clang-tidy flex libtool lld ltrace mold valgrind linux-perf
  libcurl4-openssl-dev libffi-dev libreadline-dev libsqlite3-dev libssl-dev zlib1g-dev
  # Go, Rust
  cargo golang-go rustc
  # Java; p11-kit writes its keystore
  maven openjdk-17-jdk-headless p11-kit
  # others
  lua5.4 ocaml-nox perl php-cli php-sqlite3 php-xml ruby ruby-dev shellcheck
)

NPM=()

configure() {
  # Java's own keytool(1) gives each certificate the time of the moment; this takes $SOURCE_DATE_EPOCH.
  trust extract --overwrite --format=java-cacerts --filter=ca-anchors --purpose=server-auth /etc/ssl/certs/java/cacerts
  chmod 644 /etc/ssl/certs/java/cacerts
}
