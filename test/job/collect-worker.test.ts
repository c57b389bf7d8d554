import { expect, test } from 'vitest';
import { unknownEnd } from '../../src/core/log.ts';
import { collectWorker } from '../../src/job/collect-worker.ts';
import { DurationHistogram } from '../../src/observability/duration-histogram.ts';
import type { Worker } from '../../src/runtime/worker.ts';

test('an input whose end nobody knows, or was not asked for yet, has no lag', () => {
  const input = (topic: string, end: number) => ({ topic, partition: 0, position: 5, end, lastTimestamp: NaN });
  const inputs = [input('file', 12), input('stdin', unknownEnd), input('new', -1)];
  const state = { cachedBytes: 0, dirtyBytes: 0 };
  const operators = { counters: new Map(), keyed: [], asyncMaps: [] };
  const tasks = [{ job: 'j', inputs, state, operators }];
  const worker = {
    job: 'j',
    tasks,
    restoring: { remaining: 0, records: 0, bytes: 0 },
    standbys: new Map(),
    heldBackMs: 0,
    processDuration: new DurationHistogram(),
  };
  const lags: unknown[] = [];
  const sink = {
    value: (family: { name: string }, value: number, labels: { topic?: string }) => {
      if (family.name === 'kafka_consumer_lag') lags.push([labels.topic, value]);
    },
    histogram: () => undefined,
  };
  collectWorker(sink, worker as unknown as Worker, 0);
  expect(lags).toEqual([['file', 7]]);
});
