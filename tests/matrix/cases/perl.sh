# shellcheck shell=bash
# tool: perl
# does: fork, sockets, an XS module built with ExtUtils::MakeMaker, prove
# image: dev
# version: perl -e 'print $^V'
mkdir -p X/lib X/t
echo 'use ExtUtils::MakeMaker; WriteMakefile(NAME => "X", VERSION => "1");' >X/Makefile.PL
echo 'package X; our $VERSION = "1"; require XSLoader; XSLoader::load("X", $VERSION); 1;' >X/lib/X.pm
printf '#include "EXTERN.h"\n#include "perl.h"\n#include "XSUB.h"\nMODULE = X PACKAGE = X\nint\nanswer()\nCODE:\n  RETVAL = 42;\nOUTPUT:\n  RETVAL\n' >X/X.xs
cat >X/t/x.t <<'P'
use Test::More; use IO::Socket::INET; use X;
is(X::answer(), 42);
my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
unless (my $pid = fork) { my $c = $server->accept; print $c "served\n"; exit 0 }
my $client = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->sockport);
is(<$client>, "served\n"); wait; is($?, 0);
done_testing;
P
cd X
perl Makefile.PL
make
prove -b t
