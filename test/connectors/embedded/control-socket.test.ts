import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callControl, serveControl, type ControlServer } from '../../../src/connectors/embedded/control-socket.ts';
import { StreamError } from '../../../src/core/stream-error.ts';

let folder: string;
let server: ControlServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'control-'));
  server = undefined;
});

afterEach(async () => {
  await server?.close();
  await rm(folder, { recursive: true });
});

test('answers by name, with the result or with the error as it was thrown', async () => {
  server = await serveControl(folder, {
    add: (params) => (params as number[]).reduce((a, b) => a + b),
    later: async () => ({ done: true }),
    nothing: () => undefined,
    fails: () => {
      throw new StreamError('DECODE_FAILED', 'broken', { topic: 't', offset: 3, remedy: 'Mend it.' });
    },
    throws: () => {
      throw new RangeError('odd');
    },
  });
  expect(await callControl(folder, 'add', [1, 2, 3])).toBe(6);
  expect(await callControl(folder, 'later')).toEqual({ done: true });
  expect(await callControl(folder, 'nothing')).toBeNull();
  await expect(callControl(folder, 'fails')).rejects.toThrow('DECODE_FAILED (t @ 3): broken. Mend it.');
  await expect(callControl(folder, 'throws')).rejects.toThrow('IO_FAILED: odd.');
  await expect(callControl(folder, 'missing')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await expect(callControl(folder, 'toString')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

test('says that nobody is there: before, after, and when a process died', async () => {
  await expect(callControl(folder, 'any')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  server = await serveControl(folder, { any: () => 1 });
  await server.close();
  expect(await readdir(folder)).toEqual([]);
  await writeFile(join(folder, 'control'), join(folder, 'control.sock'));
  await writeFile(join(folder, 'control.sock'), '');
  await expect(callControl(folder, 'any')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  server = await serveControl(folder, { any: () => 1 });
  expect(await callControl(folder, 'any')).toBe(1);
});

test('fails the questions that are open when it closes', async () => {
  let asked: () => void = () => {};
  const arrived = new Promise<void>((resolve) => (asked = resolve));
  server = await serveControl(folder, {
    wait: () => {
      asked();
      return new Promise(() => {});
    },
  });
  const failed = expect(callControl(folder, 'wait')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  await arrived;
  await server.close();
  await failed;
});

test('gives up when the caller does', async () => {
  server = await serveControl(folder, { wait: () => new Promise(() => {}) });
  const abort = new AbortController();
  const failed = expect(callControl(folder, 'wait', {}, abort.signal)).rejects.toThrow('enough');
  abort.abort(new RangeError('enough'));
  await failed;
});

test('answers several questions of a connection in order, also after one that is no JSON', async () => {
  server = await serveControl(folder, { echo: (params) => params });
  const socket = connect(await readFile(join(folder, 'control'), 'utf8'));
  socket.write('{"name":"echo","params":1}\nnot json\n{"name":"echo","params":2}\n');
  const replies: unknown[] = [];
  for await (const line of createInterface(socket)) {
    replies.push(JSON.parse(line));
    if (replies.length === 3) break;
  }
  socket.destroy();
  expect(replies).toEqual([{ result: 1 }, { error: expect.objectContaining({ code: 'IO_FAILED' }) }, { result: 2 }]);
});

test('finds another place where the path of the folder is too long for a socket', async () => {
  const deep = join(folder, 'x'.repeat(60), 'y'.repeat(60));
  await mkdir(deep, { recursive: true });
  server = await serveControl(deep, { any: () => 1 });
  expect(await callControl(deep, 'any')).toBe(1);
  const path = await readFile(join(deep, 'control'), 'utf8');
  expect(path.length).toBeLessThan(100);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
