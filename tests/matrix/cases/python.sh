# shellcheck shell=bash
# tool: python3
# does: venv, wheels built and installed offline, pytest, multiprocessing with shared memory, asyncio, ctypes
# image: base
# version: python3 --version
python3 -m venv --system-site-packages env
. env/bin/activate
mkdir -p project/part
cat >project/pyproject.toml <<'P'
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "part"
version = "1.0"
P
cat >project/part/__init__.py <<'P'
def square(x):
    return x * x
P
cat >project/part/native.c <<'P'
#define PY_SSIZE_T_CLEAN
#include <Python.h>
static PyMethodDef methods[] = {{0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native", 0, -1, methods, 0, 0, 0, 0};
PyMODINIT_FUNC PyInit_native(void) { PyObject *m = PyModule_Create(&module); PyModule_AddIntConstant(m, "answer", 42); return m; }
P
cat >project/setup.py <<'P'
from setuptools import Extension, setup
setup(packages=['part'], ext_modules=[Extension('part.native', ['part/native.c'])])
P
pip wheel --quiet --no-index --no-build-isolation --wheel-dir wheels ./project
pip install --quiet --no-index --find-links wheels part
cat >test_part.py <<'P'
import asyncio, ctypes, multiprocessing, os, signal, subprocess, sys
from multiprocessing import shared_memory
import part, part.native, pytest

@pytest.mark.parametrize('method', ['fork', 'spawn', 'forkserver'])
def test_pool(method):
    with multiprocessing.get_context(method).Pool(4) as pool:
        assert pool.map(part.square, range(100)) == [x * x for x in range(100)]

def test_shared():
    block = shared_memory.SharedMemory(create=True, size=100)
    lock = multiprocessing.Lock()
    with lock:
        block.buf[0] = 7
    block.close(); block.unlink()

def test_native():
    assert part.native.answer == 42
    assert ctypes.CDLL(None).getpid() == os.getpid()

def test_async():
    async def main():
        server = await asyncio.start_server(lambda r, w: w.close(), '127.0.0.1', 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection('127.0.0.1', port)
        assert await reader.read() == b''
        process = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(3)', stdout=subprocess.PIPE)
        assert (await process.communicate())[0] == b'3\n'
        server.close()
    asyncio.run(main())

def test_kernel_calls():
    fd = os.memfd_create('x'); os.write(fd, b'x'); os.sendfile(1, fd, 0, 0)
    child = subprocess.Popen(['sleep', '60'])
    pidfd = os.pidfd_open(child.pid)
    signal.pidfd_send_signal(pidfd, signal.SIGTERM)
    assert child.wait() == -signal.SIGTERM
    assert os.getrandom(8) and os.eventfd(0) and os.sched_getaffinity(0)
P
python3 -m pytest -q test_part.py | tee report
grep -q '^7 passed' report
