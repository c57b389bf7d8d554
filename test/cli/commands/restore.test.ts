import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { main } from '../../../src/cli/main.ts';
import { fakeEngine } from '../fake-engine.ts';
import { fakeIo } from '../fake-io.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-restore-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function call(...argv: string[]) {
  const io = { ...fakeIo(), clock: systemClock, cwd: folder };
  const code = await main(argv, io);
  return { code, err: io.stderr.text };
}

test('takes a savepoint of a job that does not run and puts it back', async () => {
  const data = ['--data', join(folder, 'data')];
  const taken = await call('savepoint', 'aggregation', 'sp', ...data);
  expect(taken).toMatchObject({ code: 0 });
  expect(await call('restore', 'aggregation', '--from', 'sp', '--force', ...data)).toMatchObject({ code: 0 });
  const refused = await call('restore', 'task-generation', '--from', 'sp', ...data);
  expect(refused.code).not.toBe(0);
  expect(refused.err).toMatch(/SAVEPOINT_INVALID.*aggregation/s);
});

test('asks for the folder', async () => {
  expect(await call('restore', 'aggregation')).toMatchObject({ code: 2 });
});

async function shown(isTTY: boolean, ...flags: readonly string[]): Promise<string> {
  const io = fakeIo();
  io.stderr.isTTY = isTTY;
  const engine = fakeEngine();
  engine.restore = async ({ onProgress }) => {
    onProgress({ phase: 'writing', rows: 0, totalRows: 4_000, bytes: 0 });
    await io.clock.advance(4_900);
    onProgress({ phase: 'writing', rows: 1_000, totalRows: 4_000, bytes: 25_000_000 });
    await io.clock.advance(100);
    onProgress({ phase: 'committing', rows: 0, totalRows: 4_000, bytes: 0 });
    await io.clock.advance(5_000);
  };
  expect(await main(['restore', 'sample', '--from', 'sp', ...flags], io, engine)).toBe(0);
  expect(io.stdout.text).toContain(join(io.cwd, 'sp'));
  return io.stderr.text;
}

test('tells how far it is: every few seconds in a pipe, as JSON if asked for', async () => {
  expect((await shown(false)).replaceAll(/^\S+ /gm, '')).toBe(
    'INFO progress job=sample phase=writing rows=1000 totalRows=4000 megabytesPerSecond=5 secondsLeft=15\n' +
      'INFO progress job=sample phase=committing\n',
  );
  const [first] = (await shown(false, '--json')).split('\n');
  expect(JSON.parse(first!)).toMatchObject({ message: 'progress', rows: 1_000, totalRows: 4_000, secondsLeft: 15 });
});

test('tells how far it is in one line of a terminal, which is gone at the end', async () => {
  const text = await shown(true);
  expect(text).toContain('sample writing  0 of 4,000 rows (0%)');
  expect(text).toContain('sample writing  1,000 of 4,000 rows (25%)  5.0 MB/s  15 s left');
  expect(text.endsWith('sample committing\r\x1b[2K')).toBe(true);
});
