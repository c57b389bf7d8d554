import { beforeEach, describe, expect, test } from 'vitest';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { string } from '../../src/core/codec.ts';
import { systemClock } from '../../src/core/clock.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { produce } from '../../src/connectors/produce.ts';
import { readPosition } from '../../src/runtime/changelog-position.ts';
import { Standbys } from '../../src/runtime/standbys.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';

const topic = 'job-count-changelog';

let log: MemoryLog;
let store: MemoryStore;
let standbys: Standbys;
let warnings: string[];
let caughtUp: number;

beforeEach(async () => {
  log = new MemoryLog({ clock: systemClock, store: new MemoryStore() });
  store = new MemoryStore();
  warnings = [];
  caughtUp = 0;
  await log.topics.create([{ name: topic, partitions: 2, compacted: true }]);
  standbys = new Standbys({
    log,
    clock: systemClock,
    copyOf: (task) => {
      const partition = Number(task.slice(-1));
      const prefixes = [`${String(partition)}/`];
      return { log, store, clock: systemClock, job: 'job', task, topic, partition, prefixes, keys: [] };
    },
    acceptableLag: 2,
    onCaughtUp: () => caughtUp++,
    onWarning: (message) => warnings.push(message),
  });
  return () => standbys.close();
});

async function write(partition: number, key: string, value: string): Promise<void> {
  const writer = new BatchWriter(topic, partition);
  writer.append(`${String(partition)}/${key}`, string, value, 0);
  await produce(log, 'test', [writer.seal()!]);
}

const row = (key: string): string | undefined => store.get(key)?.toString();

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.yield();
}

test('what others write to their changelogs comes into the own store, with its position', async () => {
  await write(0, 'a', '1');
  standbys.keep(['count-0', 'count-1']);
  await until(() => row('0/a') === '1');
  await write(1, 'b', '2');
  await write(0, 'a', '3');
  await until(() => row('1/b') === '2' && row('0/a') === '3');
  await until(() => standbys.lags.get('count-0') === 0);
  expect(readPosition(store, 'job', 'count-0')).toMatchObject({ offset: 2 });
  expect(warnings).toEqual([]);
});

test('a copy that is given up is not written any more; taken up again it goes on where it was', async () => {
  standbys.keep(['count-0', 'count-1']);
  await write(0, 'a', '1');
  await until(() => row('0/a') === '1');
  await standbys.release('count-0');
  await write(0, 'a', '2');
  await write(1, 'b', '1');
  await until(() => row('1/b') === '1');
  expect([row('0/a'), [...standbys.lags.keys()]]).toEqual(['1', ['count-1']]);
  standbys.keep(['count-0']);
  await until(() => row('0/a') === '2');
});

describe('a write under way', () => {
  test('is waited for before the copy is given up', async () => {
    await write(0, 'a', '1');
    const events: string[] = [];
    let finish: (() => void) | undefined;
    const write1 = store.write.bind(store);
    store.write = async (batches) => {
      if (events.length === 0) {
        events.push('begun');
        await new Promise<void>((resolve) => (finish = resolve));
        events.push('written');
      }
      return write1(batches);
    };
    standbys.keep(['count-0']);
    await until(() => finish !== undefined);
    const released = standbys.release('count-0').then(() => events.push('released'));
    finish!();
    await released;
    expect(events).toEqual(['begun', 'written', 'released']);
  });
});

test('after a failure the copies go on', async () => {
  const good = store.write.bind(store);
  let failures = 1;
  store.write = (batches) => (failures-- > 0 ? Promise.reject(new RangeError('no')) : good(batches));
  await write(0, 'a', '1');
  standbys.keep(['count-0']);
  await until(() => warnings.length === 1);
  expect(warnings[0]).toContain('no');
});
