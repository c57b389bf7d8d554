import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedLog, type EmbeddedLogOptions } from '../../../src/connectors/embedded/open-embedded-log.ts';
import type { Log } from '../../../src/core/log.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { ManualClock } from '../../../src/testing/manual-clock.ts';
import { at, codeOf, commitOf, LogCase, sealed, topic } from '../../../src/testing/suites/log-suite-kit.ts';

let folder: string;
let store: MemoryStore;
let clock: ManualClock;
let log: Log;
let one: LogCase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-'));
  store = new MemoryStore();
  clock = new ManualClock();
  await open();
  await log.topics.create([{ name: topic, partitions: 2, retentionMs: 3_600_000 }]);
});

afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(more: Partial<EmbeddedLogOptions> = {}): Promise<void> {
  log = await openEmbeddedLog({ folder, store, clock, ...more });
  one = new LogCase(log, clock);
}

async function reopen(more: Partial<EmbeddedLogOptions> = {}): Promise<void> {
  await log.close();
  await open(more);
}

const segment = (base: number): string =>
  join(folder, 'log', `${topic}-0`, `${String(base).padStart(16, '0')}.segment`);
const segments = async (): Promise<number[]> =>
  (await readdir(join(folder, 'log', `${topic}-0`))).map(parseFloat).sort((a, b) => a - b);

test('keeps topics, records and offsets when it is opened again', async () => {
  await one.write('a', 'b');
  const transactor = await log.transactor('t', 60_000);
  await transactor.commit(commitOf([sealed(0, ['c'])], [at(1, 7)], { group: 'a/b', generation: -1, memberId: '' }));
  const before = await log.topics.list();
  await reopen();
  expect(await log.topics.list()).toEqual(before);
  expect(await one.values()).toEqual(['a', 'b', 'c']);
  expect(await log.topics.committed('a/b', [at(1, 0), at(0, 0)])).toEqual([7, undefined]);
  await one.write('d');
  expect(await one.values(2)).toEqual(['c', 'd']);
});

test('records whose store is lost are not taken for leftovers', async () => {
  await one.write('a', 'b');
  await log.close();
  const kept = store;
  store = new MemoryStore();
  expect(await codeOf(open())).toBe('LOG_CORRUPT');
  store = kept;
  await open();
  expect(await one.values()).toEqual(['a', 'b']);
});

test('cuts away what was written but not committed, and goes on there', async () => {
  await one.write('a');
  await log.close();
  await appendFile(segment(0), sealed(0, ['uncommitted']).bytes);
  await writeFile(segment(1), sealed(0, ['uncommitted']).bytes);
  await open();
  expect(await one.values()).toEqual(['a']);
  expect(await segments()).toEqual([0]);
  await one.write('b');
  await reopen();
  expect(await one.values()).toEqual(['a', 'b']);
});

test('says which file lost committed bytes', async () => {
  await one.write('a');
  await log.close();
  await truncate(segment(0), 20);
  await expect(open()).rejects.toThrow(
    new RegExp(`^LOG_CORRUPT: ${segment(0)}: it has 20 bytes, but \\d+ were committed. .*backup`),
  );
  await rm(segment(0));
  await expect(open()).rejects.toThrow('it is missing');
});

test('finds damage of the last commit when it is opened, and of others when they are read', async () => {
  await one.write('a');
  await one.write('b');
  await log.close();
  const right = await readFile(segment(0));
  const damage = async (place: number): Promise<void> => {
    const bytes = Buffer.from(right);
    bytes[place]! ^= 1;
    await writeFile(segment(0), bytes);
  };
  await damage(right.length - 1);
  expect(await codeOf(open())).toBe('LOG_CORRUPT');
  await damage(66);
  await open();
  await expect(one.values()).rejects.toThrow(segment(0));
  expect(await codeOf(one.values())).toBe('LOG_CORRUPT');
  await log.close();
  await damage(7); // the base offset, which no checksum covers
  await open();
  expect(await codeOf(one.values())).toBe('LOG_CORRUPT');
});

test('a power loss takes back whole commits, and only unsynced ones', async () => {
  await reopen({ durability: 'power' });
  await one.write('synced');
  await reopen({ durability: 'process' });
  await one.write('lost');
  await one.write('lost too');
  await log.close();
  store.crash(0);
  await truncate(segment(0), (await stat(segment(0))).size - 10);
  await open({ durability: 'power' });
  expect(await one.values()).toEqual(['synced']);
  await one.write('next');
  expect(await one.values()).toEqual(['synced', 'next']);
});

test('a commit that the store refuses did not happen, and the next one takes its place', async () => {
  let failing = false;
  await log.close();
  store = new MemoryStore({
    onWrite: () => {
      if (failing) throw Object.assign(new RangeError('no space left'), { code: 'ENOSPC' });
    },
  });
  await open();
  await log.topics.create([{ name: topic, partitions: 2 }]);
  await one.write('a');
  failing = true;
  expect(await codeOf(one.write('never', 'never'))).toBe('COMMIT_FAILED');
  failing = false;
  expect(await one.values()).toEqual(['a']);
  await one.write('b');
  await reopen();
  expect(await one.values()).toEqual(['a', 'b']);
});

test('a commit whose segment cannot be written fails with a remedy and changes nothing', async () => {
  await one.write('a');
  await log.close();
  await open({ segmentBytes: 1 });
  const path = segment(1);
  await rm(join(folder, 'log', `${topic}-1`), { recursive: true });
  const transactor = await log.transactor('t', 60_000);
  const failed = transactor.commit(commitOf([sealed(0, ['b']), sealed(1, ['x'])], [at(0, 9)]));
  await expect(failed).rejects.toThrow(/^IO_FAILED: .*ENOENT.*Check the disk/);
  expect(await log.topics.committed('g', [at(0, 0)])).toEqual([undefined]);
  await one.write('c');
  expect(await one.values()).toEqual(['a', 'c']);
  expect((await stat(path)).size).toBeGreaterThan(0);
});

test('drops segments that are older than the retention of their topic', async () => {
  await reopen({ segmentBytes: 1 });
  for (const value of ['a', 'b', 'c']) {
    await one.write(value);
    await clock.advance('25m');
  }
  await one.write('d'); // the segment of a is 75 minutes old
  expect((await log.topics.bounds([at(0, 0)]))[0]).toMatchObject({ start: 1, end: 4 });
  expect(await segments()).toEqual([1, 2, 3]);
  expect(await codeOf(one.values(0))).toBe('OFFSET_OUT_OF_RANGE');
  await reopen();
  expect(await one.values(1)).toEqual(['b', 'c', 'd']);
});

test('drops whole segments above the size a partition may keep', async () => {
  const size = sealed(0, ['a']).bytes.length;
  await reopen({ segmentBytes: 1, retentionBytes: size * 2 });
  for (const value of ['a', 'b', 'c']) await one.write(value);
  await clock.advance('1m');
  await one.write('d');
  expect((await log.topics.bounds([at(0, 0)]))[0]!.start).toBe(1);
  expect(await segments()).toEqual([1, 2, 3]);
});

test('deletes files only when nothing in them can be read', async () => {
  await reopen({ segmentBytes: 1 });
  await one.write('a', 'b');
  await one.write('c');
  await log.topics.deleteRecords([at(0, 1)]);
  expect(await segments()).toEqual([0, 2]);
  await log.topics.deleteRecords([at(0, 2)]);
  expect(await segments()).toEqual([2]);
  await reopen();
  expect(await one.values(2)).toEqual(['c']);
});

test('refuses a second opening and names the holder', async () => {
  await expect(openEmbeddedLog({ folder, store, clock })).rejects.toThrow(
    new RegExp(`^LOG_LOCKED: process ${process.pid} `),
  );
  await log.close();
  await writeFile(join(folder, 'log', 'LOCK'), JSON.stringify({ pid: process.pid, start: 'another time' }));
  await open();
  await log.close();
  await writeFile(join(folder, 'log', 'LOCK'), '');
  await open();
});

test('reads from any offset of many segments and batches, before and after it is opened again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(3000), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 500, max: 40_000 }),
      fc.integer({ min: 1, max: 20_000 }),
      async (commits, segmentBytes, partitionBytes) => {
        await log.close();
        await rm(folder, { recursive: true });
        store = new MemoryStore();
        await open({ segmentBytes });
        await log.topics.create([{ name: topic, partitions: 1 }]);
        const values = commits.flat().map((size, i) => `${i}`.padEnd(size, '.'));
        let written = 0;
        for (const { length } of commits) await one.write(...values.slice(written, (written += length)));
        for (const step of [1, 7]) {
          for (let offset = 0; offset < values.length; offset += step) {
            const { batch } = await one.fetch(offset, { partitionBytes });
            const [start, end] = [batch!.valueStarts[0]!, batch!.valueEnds[0]!];
            expect(batch!.slab.toString('utf8', start, end)).toBe(values[offset]);
          }
          expect(await one.values()).toEqual(values);
          await reopen({ segmentBytes });
        }
      },
    ),
    { numRuns: 15 },
  );
});
