import { expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { PartitionOffset, TopicAdmin } from '../../src/core/log.ts';
import { JobEnd } from '../../src/runtime/job-end.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const exchanges = [0, 1].map((partition) => ({ topic: 'words-repartition', partition }));

/** Ends and committed positions of the exchange's partitions, and what was said of them. */
function jobEnd(places = exchanges) {
  const clock = new ManualClock(0);
  const state = {
    ends: [0, 0],
    committed: [undefined, undefined] as (number | undefined)[],
    error: undefined as unknown,
  };
  const said = { looks: 0, answers: 0, behind: [] as (readonly PartitionOffset[])[], errors: [] as unknown[] };
  const topics = {
    bounds: () => {
      said.looks++;
      if (state.error !== undefined) return Promise.reject(state.error);
      return Promise.resolve(places.map((place, i) => ({ ...place, start: 0, end: state.ends[i]!, stable: 0 })));
    },
    committed: () => Promise.resolve(state.committed),
  } as unknown as TopicAdmin;
  const end = new JobEnd({
    log: { topics },
    clock,
    group: 'words',
    exchanges: places,
    onBehind: (positions) => said.behind.push(positions),
    onAnswer: () => said.answers++,
    onError: (error) => said.errors.push(error),
  });
  const answered = async (commit: number): Promise<boolean> => {
    end.reached(commit);
    await systemClock.yield();
    return end.reached(commit);
  };
  return { end, clock, state, said, answered };
}

test('a job without exchanges has no more to wait for', () => {
  const { end, said } = jobEnd([]);
  expect(end.reached(1)).toBe(true);
  expect(said.looks).toBe(0);
});

test('what exchanges hold must have been committed, whoever reads it', async () => {
  const { clock, state, said, answered } = jobEnd();
  state.ends = [0, 5];
  expect(await answered(1)).toBe(false);
  expect(said.behind).toEqual([[{ topic: 'words-repartition', partition: 1, offset: 0 }]]);
  state.committed = [undefined, 5];
  expect(await answered(1)).toBe(false);
  expect(said.looks).toBe(1); // not at once
  await clock.advance(10);
  expect(await answered(1)).toBe(true);
});

test('an answer holds until the next commit', async () => {
  const { state, answered } = jobEnd();
  expect(await answered(1)).toBe(true);
  state.ends = [1, 0];
  expect(await answered(1)).toBe(true);
  expect(await answered(2)).toBe(false);
});

test('looks become rarer, up to ten a second', async () => {
  const { clock, state, said, answered } = jobEnd();
  state.ends = [1, 1];
  for (let ms = 0; ms < 2_000; ms += 10) {
    await answered(1);
    await clock.advance(10);
  }
  expect(said.looks).toBeGreaterThan(19);
  expect(said.looks).toBeLessThan(25);
});

test('a log that does not answer ends the worker', async () => {
  const { state, said, answered } = jobEnd();
  state.error = new Error('no broker');
  expect(await answered(1)).toBe(false);
  expect(said.errors.slice(0, 1)).toEqual([state.error]);
});
