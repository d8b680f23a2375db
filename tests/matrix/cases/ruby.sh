# shellcheck shell=bash
# tool: ruby
# does: threads, fork, a native extension, a gem built and installed offline
# image: dev
# version: ruby --version
mkdir -p x/ext
cat >x/ext/extconf.rb <<'R'
require 'mkmf'; create_makefile('native')
R
cat >x/ext/native.c <<'R'
#include <ruby.h>
static VALUE answer(VALUE self) { (void)self; return INT2FIX(42); }
void Init_native(void) { rb_define_global_function("answer", answer, 0); }
R
cat >x/x.gemspec <<'R'
Gem::Specification.new { |s| s.name = 'x'; s.version = '1'; s.summary = 'x'; s.authors = ['a']; s.files = Dir['ext/*']; s.extensions = ['ext/extconf.rb'] }
R
(cd x && gem build --silent x.gemspec)
export GEM_HOME=$PWD/gems
gem install --local --silent --no-document x/x-1.gem
[[ $(ruby -e 'require "native"; r, w = IO.pipe; fork { w.write "child" }; Process.wait; w.close
print 10.times.map { |i| Thread.new { i } }.sum(&:value), " ", answer, " ", r.read') == '45 42 child' ]]
