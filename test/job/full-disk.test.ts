/**
 * A disk that is really full, as far as a process may make one: files cannot grow beyond a limit (`ulimit -f`), so writes
 * end in the middle of a record, as on a full disk. Where there is no such limit the tests are skipped and say so.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { embedded } from '../../src/index.ts';
import { items, seen } from '../support/filling-job.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

const script = join(import.meta.dirname, '../support/filling-job.ts');
const limited = spawnSync('sh', ['-c', 'ulimit -f 100']).status === 0;
if (!limited) console.warn('SKIPPED: no `ulimit -f` here, so no full disk');

const count = 2_000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-full-'));
  await onLog(async (log) => {
    await log.topics.create([{ name: 'items', partitions: 1 }]);
    await writeTopic(log, items, [...Array(count).keys()]);
  });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function onLog<T>(work: (log: Awaited<ReturnType<ReturnType<typeof embedded>['open']>>['log']) => Promise<T>) {
  const { log, close } = await embedded(folder).open({ clock: systemClock, job: 'test' });
  try {
    return await work(log);
  } finally {
    await close();
  }
}

const outputs = (): Promise<number[]> =>
  onLog(async (log) => (await readTopic(log, seen.name, seen.codec)).flat().map(({ n }) => n));

/** Runs the job in a process whose files cannot grow beyond about a megabyte (of 512 or 1024 byte blocks). */
function runJob(ballast: string, blocks: number | 'unlimited'): { code: number | null; said: Record<string, string> } {
  const command = `ulimit -f ${String(blocks)}; exec "$0" --import tsx "$@"`;
  const args = ['-c', command, process.execPath, script, folder, ballast];
  const { status, stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
  expect(stderr).not.toMatch(/Error/);
  return { code: status, said: JSON.parse(stdout) as Record<string, string> };
}

test.runIf(limited).each([
  ['outputs', 'RESTARTS_EXHAUSTED', 'STATE_FULL'],
  ['state', 'STATE_FULL', ''],
])(
  'a disk that %s fill ends the job with a code and a remedy; with room again it goes on, nothing lost or doubled',
  async (ballast, code, cause) => {
    const full = runJob(ballast, 1_000);
    expect(full).toMatchObject({ code: 1, said: { code, cause, remedy: expect.stringMatching(/Free space/) } });
    const before = await outputs();
    expect(before.length).toBeLessThan(count);
    expect(before).toEqual([...Array(before.length).keys()]);

    expect(runJob(ballast, 'unlimited').said).toEqual({ code: 'done' });
    expect(await outputs()).toEqual([...Array(count).keys()]);
  },
  60_000,
);
