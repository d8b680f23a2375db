# shellcheck shell=bash
# tool: ccache
# does: the second compilation comes from the cache, by hard link and by clone where it can
# image: base
# version: ccache --version | sed -n 1p
export CCACHE_DIR=$PWD/cache CCACHE_FILECLONE=1
echo '#include <stdio.h>
int main(void) { return puts("x") < 0; }' >x.c
ccache gcc -c x.c -o x.o
mv x.o first.o
ccache gcc -c x.c -o x.o
cmp x.o first.o
ccache --print-stats | has -E '^(direct|preprocessed)_cache_hit[[:space:]]+1$'
