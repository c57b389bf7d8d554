import { beforeEach, describe, expect, test } from 'vitest';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { string } from '../../src/core/codec.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { LogReader } from '../../src/core/log.ts';
import { RowBatch } from '../../src/core/row-batch.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { produce } from '../../src/connectors/produce.ts';
import { readPosition, type ChangelogPosition } from '../../src/runtime/changelog-position.ts';
import { Standbys } from '../../src/runtime/standbys.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

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

describe('the time of a position', () => {
  const hourMs = 3_600_000;
  let clock: ManualClock;
  let begin: number;
  /** What the copy may read now, of one record a fetch. */
  let readable: number;
  let slow: Standbys;

  beforeEach(() => {
    clock = new ManualClock();
    begin = clock.now();
    readable = 0;
    const lagging = new Proxy(log, {
      get: (target, name) => {
        if (name === 'reader') return reader;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const reader = (): LogReader => {
      const inner = log.reader();
      return {
        fetch: async (request) => {
          await systemClock.yield();
          if (request.partitions[0]!.offset >= readable) return [];
          return inner.fetch({ ...request, partitionBytes: 1, maxWaitMs: 0 });
        },
        close: () => inner.close(),
      };
    };
    const copy = { log: lagging, store, clock, job: 'job', topic, partition: 0, prefixes: ['0/'], keys: [] };
    slow = new Standbys({
      log: lagging,
      clock,
      copyOf: (task) => ({ ...copy, task }),
      acceptableLag: 0,
      onCaughtUp: () => caughtUp++,
      onWarning: (message) => warnings.push(message),
    });
    return () => slow.close();
  });

  const position = (): ChangelogPosition | undefined => readPosition(store, 'job', 'count-0');
  const comesTo = (offset: number): Promise<void> => {
    readable = offset;
    return until(() => position()?.offset === offset);
  };

  test('is that of its beginning until an end has been passed, and then when that one was asked for', async () => {
    await write(0, 'a', '1');
    await write(0, 'b', '2');
    await write(0, 'c', '3');
    slow.keep(['count-0']);
    await until(() => slow.lags.get('count-0') === 3);
    await write(0, 'd', '4');
    await clock.advance(hourMs);
    await comesTo(1);
    expect(position()!.at).toBe(begin);
    await clock.advance(hourMs);
    await write(0, 'e', '5');
    await comesTo(3); // all there was at first, and not all there is
    expect(position()!.at).toBe(begin);
    await clock.advance(hourMs);
    await comesTo(4);
    expect(position()!.at).toBe(begin);
    await write(0, 'f', '6');
    await comesTo(5); // all there was when the third was read
    expect(position()!.at).toBe(begin + 2 * hourMs);
    await comesTo(6);
    expect(position()!.at).toBe(begin + 3 * hourMs);
  });

  test('goes on from that of the position that was found', async () => {
    await write(0, 'a', '1');
    await write(0, 'b', '2');
    slow.keep(['count-0']);
    await comesTo(1);
    await slow.release('count-0');
    await clock.advance(hourMs);
    await write(0, 'c', '3');
    slow.keep(['count-0']);
    await comesTo(2);
    expect(position()!.at).toBe(begin);
  });

  test('of a copy that has been behind for so long that deletions may be gone: it begins anew', async () => {
    for (const key of ['a', 'b', 'c']) await write(0, key, '1');
    slow.keep(['count-0']);
    await comesTo(1);
    const rows = new RowBatch(new ByteWriter());
    rows.putBytes('0/deleted', Buffer.from('meanwhile'));
    await store.write([rows]);
    await clock.advance(19 * hourMs);
    readable = 3;
    await until(() => warnings.length > 0);
    expect(warnings[0]).toContain('delete.retention.ms');
    await clock.advance(hourMs);
    await until(() => position()?.offset === 3);
    expect([row('0/deleted'), row('0/a'), row('0/c')]).toEqual([undefined, '1', '1']);
    expect(position()!.at).toBe(begin + 20 * hourMs);
  });
});
