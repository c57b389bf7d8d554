import { expect, test } from 'vitest';
import { followTopic, readTopic, type TopicRecord } from '../../src/cli/topic-reader.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { sharedLog } from './memory-log.ts';

const text = ({ partition, offset, value }: TopicRecord): string =>
  `${String(partition)}@${String(offset)} ${value.toString()}`;

test('reads everything that is committed, partition after partition', async () => {
  const { log, put } = sharedLog();
  await log.topics.create([{ name: 't', partitions: 2 }]);
  await put('t', 1, 'c');
  await put('t', 0, 'a', 'b');
  const seen: string[] = [];
  for await (const record of readTopic(log, 't')) seen.push(text(record));
  expect(seen).toEqual(['0@0 "a"', '0@1 "b"', '1@0 "c"']);
});

test('a topic that does not exist is empty', async () => {
  const { log } = sharedLog();
  for await (const record of readTopic(log, 'nope')) expect(record).toBeUndefined();
});

test('follows from now on, and still hands on what was committed when it is asked to end', async () => {
  const { log, put } = sharedLog();
  const clock = new ManualClock();
  await log.topics.create([{ name: 't', partitions: 1 }]);
  await put('t', 0, 'before');
  const stop = new AbortController();
  const seen: string[] = [];
  const done = followTopic(log, 't', { clock, signal: stop.signal, onRecord: (record) => seen.push(text(record)) });
  for (let turn = 0; turn < 10; turn++) await clock.yield();
  await put('t', 0, 'live');
  stop.abort();
  await done;
  expect(seen).toEqual(['0@1 "live"']);
});

test('waits for a topic that is made later, and shows it from its beginning', async () => {
  const { log, put } = sharedLog();
  const clock = new ManualClock();
  const stop = new AbortController();
  const seen: string[] = [];
  const done = followTopic(log, 't', { clock, signal: stop.signal, onRecord: (record) => seen.push(text(record)) });
  await clock.yield();
  await log.topics.create([{ name: 't', partitions: 1 }]);
  await put('t', 0, 'first');
  await clock.advance('20ms');
  for (let turn = 0; turn < 10; turn++) await clock.yield();
  stop.abort();
  await done;
  expect(seen).toEqual(['0@0 "first"']);
  expect(clock.pending).toBe(0);
});
