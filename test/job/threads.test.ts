import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { embedded, leveldb, run } from '../../src/index.ts';
import topology, { counts, numbersUpTo } from '../support/generated-job.ts';
import startsBadly from '../support/starts-badly.ts';
import { readTopic } from '../support/read-topic.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-threads-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function runTo(perPartition: number): Promise<void> {
  const job = await run(topology, {
    log: embedded(folder),
    state: leveldb(),
    generated: { numbers: [1, 2, 3].map(() => numbersUpTo(perPartition)) },
    workers: 2,
    module: new URL('../support/generated-job.ts', import.meta.url).href,
    bounded: true,
  });
  await job.finished;
}

async function finalCounts(): Promise<number[]> {
  const { log, close } = await embedded(folder).open({ clock: systemClock, job: 'test' });
  const all = (await readTopic(log, counts.name, counts.codec)).flat();
  await close();
  const ofRemainder = (remainder: number): number[] => all.flatMap((c) => (c.remainder === remainder ? [c.count] : []));
  return [0, 1, 2, 3, 4, 5, 6].map((remainder) => {
    const seen = ofRemainder(remainder);
    expect(seen).toEqual(seen.map((_, i) => i + 1)); // each once, in order
    return seen.length;
  });
}

test('two worker threads share generated partitions, and go on where they stopped', async () => {
  await runTo(700);
  expect(await finalCounts()).toEqual(Array(7).fill(300));
  await runTo(1_400);
  expect(await finalCounts()).toEqual(Array(7).fill(600));
});

function startBadly(second: 'fails' | 'hangs', signal?: AbortSignal) {
  return run(startsBadly, {
    log: embedded(folder),
    state: leveldb(),
    workers: 2,
    module: new URL('../support/starts-badly.ts', import.meta.url).href,
    config: { second },
    ...(signal === undefined ? {} : { signal }),
  });
}

test('a worker thread that fails at its start ends the job while another one has not got that far', async () => {
  const job = await startBadly('fails');
  await expect(job.finished).rejects.toThrow(/JOB_INVALID.*no second worker/s);
});

test('a job whose worker threads do not get to run can be aborted', async () => {
  const abort = new AbortController();
  const job = await startBadly('hangs', abort.signal);
  abort.abort();
  await expect(job.finished).rejects.toMatchObject({ code: 'ABORTED' });
});
