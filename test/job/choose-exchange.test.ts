import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { defineTopology, leveldb, number, run, topic } from '../../src/index.ts';
import type { LogFactory, RunOptions } from '../../src/index.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

const numbers = topic('numbers', number);
const seen = topic('seen', number);

/** Its second stage takes nothing in while `stuck`. */
const staged = (stuck: boolean) =>
  defineTopology({
    name: 'staged',
    build(t) {
      t.source('numbers', numbers)
        .keyBy((n) => n)
        .process('see', {
          output: number,
          onElement(n, ctx) {
            if (stuck) throw new TypeError('stuck');
            ctx.emit(n);
          },
          onError: 'fail',
        })
        .sinkTo('seen', seen);
    },
  });

let log: MemoryLog;
let options: RunOptions<unknown>;
const warnings: string[] = [];

beforeEach(async () => {
  const store = new MemoryStore();
  log = new MemoryLog({ store });
  const factory: LogFactory = { kind: 'memory', open: () => Promise.resolve({ log, store, close: async () => {} }) };
  options = {
    log: factory,
    state: leveldb(),
    bounded: true,
    partitions: 2,
    restart: { attempts: 1, initial: 1 },
    onWarning: (message) => warnings.push(message),
  };
  warnings.length = 0;
  await log.topics.create([{ name: 'numbers', partitions: 2 }]);
  await writeTopic(log, numbers, [1, 2, 3, 4, 5]);
  const dies = await run(staged(true), { ...options, exchange: 'log' });
  await expect(dies.finished).rejects.toThrow(/stuck/);
  expect(await output()).toEqual([]);
});

afterEach(() => log.close());

async function output(): Promise<readonly number[]> {
  return (await readTopic(log, 'seen', number)).flat().sort();
}

const waiting = /records of an earlier run wait in staged-see-repartition/;

test('a job whose records wait between its stages goes on over the log, and then directly', async () => {
  await (
    await run(staged(false), options)
  ).finished;
  expect(await output()).toEqual([1, 2, 3, 4, 5]);
  expect(warnings.filter((text) => waiting.test(text))).toHaveLength(1);
  await writeTopic(log, numbers, [6, 7]);
  await (
    await run(staged(false), { ...options, exchange: 'direct' })
  ).finished;
  expect(await output()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(warnings.filter((text) => waiting.test(text))).toHaveLength(1);
});

test('a direct exchange that would leave records behind is refused', async () => {
  await expect(run(staged(false), { ...options, exchange: 'direct' })).rejects.toThrow(/STATE_MISMATCH.*wait in/);
});
