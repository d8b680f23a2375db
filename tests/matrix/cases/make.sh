# shellcheck shell=bash
# tool: make
# does: make -j4 with a job server over 60 files, then nothing to do, then one file
# image: base
# version: make --version | sed -n 1p
for ((i = 0; i < 60; i++)); do
  echo "int f$i(void) { return $i; }" >f$i.c
done
{ for ((i = 0; i < 60; i++)); do echo "int f$i(void);"; done
  echo 'int main(void) { int s = 0;'
  for ((i = 0; i < 60; i++)); do echo "s += f$i();"; done
  echo 'return s == 1770 ? 0 : 1; }'; } >main.c
cat >Makefile <<'M'
OBJECTS := $(patsubst %.c,%.o,$(wildcard *.c))
program: $(OBJECTS)
	$(CC) $^ -o $@
deep:
	+$(MAKE) program
M
make -j4 deep >first
./program
[[ $(grep -c ' -c ' first) == 61 ]]
make program | has 'is up to date'
touch f7.c
[[ $(make program | grep -c ' -c ') == 1 ]]
