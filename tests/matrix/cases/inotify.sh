# shellcheck shell=bash
# tool: inotify
# does: 5000 directories watched, as an editor's server does; events come
# image: base
# version: uname -r
cat >x.py <<'P'
import ctypes, os, select
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
watches = {}
for i in range(5000):
    os.makedirs(f'tree/{i // 100}/{i}', exist_ok=True)
    wd = libc.inotify_add_watch(fd, f'tree/{i // 100}/{i}'.encode(), 0x3c6)
    assert wd > 0, os.strerror(ctypes.get_errno())
    watches[wd] = i
assert len(watches) == 5000
poll = select.epoll(); poll.register(fd, select.EPOLLIN)
for i in (0, 2500, 4999):
    open(f'tree/{i // 100}/{i}/new', 'w').close()
    assert poll.poll(5)
    event = os.read(fd, 4096)
    assert watches[int.from_bytes(event[:4], 'little')] == i
print('seen')
P
[[ $(python3 x.py) == seen ]]
