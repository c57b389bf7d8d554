import { firstValueFrom, from, NEVER, Subject, take, throwError, toArray } from 'rxjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { MemoryLog } from '../../../src/connectors/memory-log.ts';
import { fromObservable } from '../../../src/connectors/observable/from-observable.ts';
import { toObservable } from '../../../src/connectors/observable/to-observable.ts';
import { json, topic } from '../../../src/index.ts';
import { readTopic } from '../../support/read-topic.ts';

interface Item {
  readonly key: string;
  readonly n: number;
}

const items = topic('items', json<Item>('item'), { key: (item) => item.key });
let log: MemoryLog;

beforeEach(async () => {
  log = new MemoryLog();
  await log.topics.create([{ name: 'items', partitions: 2 }]);
});

afterEach(() => log.close());

const list = (count: number): Item[] => Array.from({ length: count }, (_, n) => ({ key: `k${String(n % 3)}`, n }));

test('appends every value in order per key and resolves when all are committed', async () => {
  await fromObservable({ log }, items, from(list(100)));
  const all = (await readTopic(log, 'items', items.codec)).flat();
  expect(all).toHaveLength(100);
  for (const key of ['k0', 'k1', 'k2']) {
    const numbers = all.filter((item) => item.key === key).map(({ n }) => n);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }
});

test('shows committed records from the start, and those that come', async () => {
  await fromObservable({ log }, items, from(list(3)));
  const seen = firstValueFrom(toObservable({ log }, items, { start: 'earliest' }).pipe(take(5), toArray()));
  await fromObservable({ log }, items, from(list(2)));
  expect((await seen).map(({ n }) => n).sort()).toEqual([0, 0, 1, 1, 2]);
});

test('fails with the error of the observable', async () => {
  const failing = throwError(() => new RangeError('no signal'));
  await expect(fromObservable({ log }, items, failing)).rejects.toThrow(/IO_FAILED.*no signal/);
});

test('fails when the log cannot keep up and nobody said what to drop', async () => {
  const source = new Subject<Item>();
  const done = fromObservable({ log }, items, source, { bufferBytes: 200 });
  const failed = expect(done).rejects.toThrow(/RECORD_TOO_LARGE.*overflow: 'drop'/);
  await systemClock.yield();
  for (const item of list(50)) source.next(item);
  await failed;
});

test('drops what does not fit where that was asked for, and says what', async () => {
  const dropped: Item[] = [];
  const options = { bufferBytes: 200, overflow: 'drop', onDrop: (item: Item) => dropped.push(item) } as const;
  await fromObservable({ log }, items, from(list(50)), options);
  const kept = (await readTopic(log, 'items', items.codec)).flat();
  expect(dropped.length).toBeGreaterThan(0);
  expect(kept.length + dropped.length).toBe(50);
});

test('names a topic that does not exist', async () => {
  await expect(fromObservable({ log }, topic('none', items.codec), NEVER)).rejects.toThrow(/TOPIC_UNKNOWN.*'none'/);
});
