# shellcheck shell=bash
# tool: node
# does: node --test: worker threads, child processes, HTTP, fs.watch, WebAssembly, clusters
# image: matrix
# version: node --version
cat >x.test.mjs <<'J'
import { test } from 'node:test';
import assert from 'node:assert';
import { Worker } from 'node:worker_threads';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import fs from 'node:fs';
import os from 'node:os';
import crypto from 'node:crypto';
import zlib from 'node:zlib';
test('workers', async () => {
  const block = new SharedArrayBuffer(4);
  const workers = Array.from({ length: 8 }, () => new Worker(
    'const { workerData } = require("worker_threads"); Atomics.add(new Int32Array(workerData), 0, 5)', { eval: true, workerData: block }));
  await Promise.all(workers.map(it => once(it, 'exit')));
  assert.equal(new Int32Array(block)[0], 40);
});
test('children', async () => {
  assert.equal(execFileSync('echo', ['child']).toString(), 'child\n');
  fs.writeFileSync('child.cjs', 'process.send(process.pid)');
  const [pid] = await once(fork('./child.cjs'), 'message');
  assert.ok(pid > 1);
});
test('http', async () => {
  const server = http.createServer((_, answer) => answer.end('served')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  assert.equal(await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text(), 'served');
  server.closeAllConnections(); server.close();
});
test('files', async () => {
  const watcher = fs.watch('.'); const seen = once(watcher, 'change');
  fs.writeFileSync('seen', 'x'.repeat(100000)); await seen; watcher.close();
  fs.copyFileSync('seen', 'copy', fs.constants.COPYFILE_FICLONE);
  assert.equal(fs.statSync('copy').size, 100000);
  assert.ok(os.availableParallelism() > 0 && os.networkInterfaces().lo);
});
test('pool', async () => {
  const hash = crypto.scryptSync('a', 'b', 16).length + zlib.brotliCompressSync('x'.repeat(1000)).length;
  assert.ok(hash > 16);
  const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  assert.ok((await WebAssembly.instantiate(bytes)).instance);
});
J
node --test --test-reporter=tap x.test.mjs >report || { cat report; exit 1; }
grep -qx '# pass 5' report
