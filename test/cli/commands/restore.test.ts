import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { main } from '../../../src/cli/main.ts';
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
