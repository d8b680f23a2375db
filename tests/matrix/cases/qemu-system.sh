# shellcheck shell=bash
# tool: qemu-system
# does: boots a sector of ours by emulation (tcg), which speaks over the serial line and ends the machine
# image: matrix
# version: qemu-system-x86_64 --version | sed -n 1p
python3 - <<'P'
code = b'\xfa\xfc\x31\xc0\x8e\xd8\xbe\x1b\x7c\xba\xf8\x03\xac\x84\xc0\x74\x03\xee\xeb\xf8\xb0\x10\xba\xf4\x00\xee\xf4' + b'booted\n\0'
open('disk', 'wb').write(code.ljust(510, b'\0') + b'\x55\xaa')
P
status=0
timeout 60 qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -display none -serial file:serial -no-reboot \
  -drive file=disk,format=raw -device isa-debug-exit,iobase=0xf4 || status=$?
[[ $status == 33 && $(<serial) == booted ]] # (0x10 << 1) | 1
