import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { embedded } from '../../src/index.ts';
import { events, outcomes, type Event, type Outcome } from '../support/killed-job.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-kill-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Line {
  readonly called?: Outcome;
  readonly id?: string;
  readonly committed?: true;
}

/** Runs a life of the job; `until` sees what it tells and returns true to have it killed. */
async function live(life: number, until: (line: Line) => boolean): Promise<string | null> {
  const script = join(import.meta.dirname, '../support/killed-job.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder, String(life)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface(child.stdout).on('line', (line) => {
    if (until(JSON.parse(line) as Line)) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  return signal;
}

async function write(...values: readonly Event[]): Promise<void> {
  const { log, close } = await embedded(folder).open({ clock: systemClock, job: 'test' });
  await log.topics.create([{ name: events.name, partitions: 1 }]);
  await writeTopic(log, events, values);
  await close();
}

test('a watermark, timers and a call in flight survive SIGKILL where they were', async () => {
  await write({ n: 1, time: 1_000 }, { n: 2, time: 2_000 });
  let inFlight: string | undefined;
  const signal = await live(1, ({ called, id, committed }) => {
    if (called?.n === 2) inFlight = id;
    return committed === true && inFlight !== undefined;
  });
  expect(signal).toBe('SIGKILL');

  // Event 3 is late by the watermark that event 2 left behind; event 4 moves time beyond all timers.
  await write({ n: 3, time: 1_500 }, { n: 4, time: 5_000 });
  const again: (string | undefined)[] = [];
  await live(2, ({ called, id }) => {
    if (called?.n === 2) again.push(id);
    return false;
  });
  expect(again).toEqual([inFlight]); // called again once, with the same id

  const { log, close } = await embedded(folder).open({ clock: systemClock, job: 'test' });
  const all = (await readTopic(log, outcomes.name, outcomes.codec)).flat();
  await close();
  const seen = all.filter(({ kind }) => kind === 'seen');
  expect(seen.map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  expect(seen[1]).toMatchObject({ n: 2, life: 2, callId: inFlight });
  expect(seen[2]).toMatchObject({ n: 3, life: 2, watermark: 1_999 });
  const fired = all.filter(({ kind }) => kind === 'event').map(({ time }) => time);
  expect(fired.toSorted()).toEqual([1_100, 1_600, 2_100, 5_100]);
  expect(all.filter(({ time }) => time === 2_100)).toMatchObject([{ life: 2 }]);
  expect(all.filter(({ kind }) => kind === 'processing')).toHaveLength(1);
});
