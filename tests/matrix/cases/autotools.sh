# shellcheck shell=bash
# tool: autoconf, automake, libtool
# does: autoreconf, configure, make distcheck
# image: dev
# version: autoconf --version | sed -n 1p
# seconds: 300
cat >configure.ac <<'A'
AC_INIT([x], [1])
AM_INIT_AUTOMAKE([foreign])
AC_PROG_CC
AM_PROG_AR
LT_INIT
AC_CHECK_FUNCS([fork mmap copy_file_range])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
A
cat >Makefile.am <<'A'
lib_LTLIBRARIES = libx.la
libx_la_SOURCES = part.c
bin_PROGRAMS = x
x_SOURCES = x.c
x_LDADD = libx.la
TESTS = x
A
echo 'int answer(void) { return 42; }' >part.c
echo 'int answer(void); int main(void) { return answer() != 42; }' >x.c
autoreconf -i >log 2>&1
./configure >log
make -s -j2 distcheck >log 2>&1
grep -q 'archives ready for distribution' log
