/**
 * What every Log must do. The test functions are passed in, so that the package needs no test runner:
 *
 *   logSuite(vitest, { open: (clock) => openMyLog(clock) })
 */
import { ByteWriter } from '../../core/byte-writer.ts';
import type { FetchedPartition } from '../../core/log.ts';
import { RowBatch } from '../../core/row-batch.ts';
import { groupCases } from './log-suite-groups.ts';
import {
  at,
  casesOf,
  codeOf,
  commitOf,
  sealed,
  topic,
  valuesOf,
  type Case,
  type Expect,
  type LogSuiteOptions,
} from './log-suite-kit.ts';
import type { TestFunctions } from './store-suite.ts';

export function logSuite(functions: TestFunctions, options: LogSuiteOptions): void {
  const check = casesOf(functions, options);
  const expect: Expect = (actual) => functions.expect(actual);
  topicCases(check, expect);
  readCases(check, expect);
  commitCases(check, expect, options);
  groupCases(check, expect);
}

function topicCases(check: Case, expect: Expect): void {
  check('describes topics in the order asked, undefined where there is none', async ({ log }) => {
    // Kafka tells by the name that a topic is a job's own.
    const internal = 'job-count-repartition';
    await log.topics.create([{ name: internal, partitions: 3, retentionMs: 5, internal: true }]);
    const [other, missing, numbers] = await log.topics.describe([internal, 'missing', topic]);
    expect([other?.partitions, other?.retentionMs, other?.internal]).toEqual([3, 5, true]);
    expect([missing, numbers?.partitions, numbers?.compacted, numbers?.internal]).toEqual([undefined, 2, false, false]);
    expect((await log.topics.list()).map(({ name }) => name).sort()).toEqual([internal, topic]);
    expect(other?.id === numbers?.id).toBe(false);
  });

  check('keeps a topic that is created again, and refuses other partitions', async ({ log }) => {
    const [before] = await log.topics.describe([topic]);
    await log.topics.create([{ name: topic, partitions: 2 }]);
    expect((await log.topics.describe([topic]))[0]?.id).toBe(before?.id);
    const specs = [
      { name: 'new', partitions: 1 },
      { name: topic, partitions: 3 },
    ];
    expect(await codeOf(log.topics.create(specs))).toBe('TOPIC_MISMATCH');
    expect(await log.topics.describe(['new'])).toEqual([undefined]);
  });

  check('gives a topic more partitions, which keeps its records and its identity', async ({ log }) => {
    if (log.topics.addPartitions === undefined) return; // clusters have tools of their own
    const transactor = await log.transactor('writer', 10_000);
    await transactor.commit(commitOf([sealed(1, ['a'])]));
    const [before] = await log.topics.describe([topic]);
    await log.topics.addPartitions(topic, 4);
    await log.topics.addPartitions(topic, 4);
    expect((await log.topics.describe([topic]))[0]).toEqual({ ...before, partitions: 4 });
    await transactor.commit(commitOf([sealed(3, ['b']), sealed(1, ['c'])]));
    const bounds = await log.topics.bounds([1, 2, 3].map((partition) => ({ topic, partition })));
    expect(bounds.map(({ end }) => end)).toEqual([2, 0, 1]);
    expect(await codeOf(log.topics.addPartitions(topic, 3))).toBe('TOPIC_MISMATCH');
    expect(await codeOf(log.topics.addPartitions('nowhere', 3))).toBe('TOPIC_UNKNOWN');
  });

  check('refuses topics that do not exist', async ({ log }) => {
    const nowhere = { topic, partition: 2 };
    expect(await codeOf(log.topics.bounds([nowhere]))).toBe('TOPIC_UNKNOWN');
    expect(await codeOf(log.topics.committed('g', [nowhere]))).toBe('TOPIC_UNKNOWN');
    expect(await codeOf(log.topics.offsetsAt([{ topic: 'missing', partition: 0 }], 0))).toBe('TOPIC_UNKNOWN');
    const request = { partitionBytes: 100, maxWaitMs: 30_000, isolation: 'committed' as const };
    const reader = log.reader();
    expect(await codeOf(reader.fetch({ ...request, partitions: [{ ...nowhere, offset: 0 }] }))).toBe('TOPIC_UNKNOWN');
  });

  check('knows its bounds and finds offsets by time', async (one) => {
    const { log, marker } = one;
    expect(await log.topics.bounds([at(0, 0)])).toEqual([{ topic, partition: 0, start: 0, end: 0, stable: 0 }]);
    await one.write('a', 'b', 'c');
    await one.write('d');
    expect(await log.topics.bounds([at(0, 0)])).toEqual([
      { topic, partition: 0, start: 0, end: 4 + 2 * marker, stable: 4 + 2 * marker },
    ]);
    const found: number[] = [];
    for (const time of [0, 2000, 2001, 9999]) found.push((await log.topics.offsetsAt([at(0, 0)], time))[0]!.offset);
    // Markers have a time, too: the one at which they were written.
    expect(found).toEqual([0, 1, 2, marker === 0 ? 4 : 3]);
  });

  check('deletes records before an offset', async (one) => {
    await one.write('a', 'b', 'c');
    await one.write('d');
    await one.log.topics.deleteRecords([at(0, 2)]);
    expect((await one.log.topics.bounds([at(0, 0)]))[0]?.start).toBe(2);
    expect(await codeOf(one.fetch(1))).toBe('OFFSET_OUT_OF_RANGE');
    expect(await one.values(2)).toEqual(['c', 'd']);
    await one.log.topics.deleteRecords([at(0, 1)]);
    const end = 4 + 2 * one.marker;
    await one.log.topics.deleteRecords([at(0, end)]);
    expect(await one.log.topics.bounds([at(0, 0)])).toEqual([{ topic, partition: 0, start: end, end, stable: end }]);
    expect(await codeOf(one.log.topics.deleteRecords([at(0, end + 1)]))).toBe('OFFSET_OUT_OF_RANGE');
    await one.write('e');
    expect(await one.values(end)).toEqual(['e']);
  });
}

function readCases(check: Case, expect: Expect): void {
  check('reads what was committed, from any offset', async (one) => {
    await one.write('a', 'b', 'c');
    const { batch, nextOffset, end, stable } = await one.fetch(1);
    const last = 3 + one.marker;
    expect([end, stable]).toEqual([last, last]);
    expect([3, last].includes(nextOffset)).toBe(true); // a marker may come with the next answer
    expect([...batch!.offsets].slice(0, batch!.count)).toEqual([1, 2]);
    expect([...batch!.timestamps].slice(0, batch!.count)).toEqual([2000, 3000]);
    expect([batch!.topic, batch!.partition, batch!.nextOffset]).toEqual([topic, 0, nextOffset]);
    expect(await one.values()).toEqual(['a', 'b', 'c']);
  });

  check('answers in steps of about the bytes asked for, always with a record', async (one) => {
    for (let i = 0; i < 10; i++) await one.write(`${i}`.repeat(1000));
    const sizes: number[] = [];
    const each = 1 + one.marker;
    for (let offset = 0; offset < 10 * each;) {
      const fetched = await one.fetch(offset, { partitionBytes: 4500 });
      sizes.push(fetched.batch!.count);
      offset = fetched.nextOffset;
    }
    expect(sizes.filter((size) => size < 1 || size > 2)).toEqual([]);
    expect(valuesOf(await one.fetch(7 * each, { partitionBytes: 1 })).length).toBe(1);
  });

  check('fails for offsets that are not in the log', async (one) => {
    await one.write('a');
    expect(await codeOf(one.fetch(2 + one.marker))).toBe('OFFSET_OUT_OF_RANGE');
    expect(await codeOf(one.fetch(-1))).toBe('OFFSET_OUT_OF_RANGE');
  });

  check('waits for a commit', async (one) => {
    let answer: string[] | undefined;
    const fetching = one.fetch(0, { maxWaitMs: 30_000 }).then((fetched) => (answer = valuesOf(fetched)));
    await one.clock.advance(500);
    expect(answer).toBe(undefined);
    await one.write('a');
    await fetching;
    expect(answer).toEqual(['a']);
  });

  check('answers without records when the wait is over', async (one) => {
    let answer: FetchedPartition | undefined;
    const fetching = one.fetch(0, { maxWaitMs: 1_000 }).then((fetched) => (answer = fetched));
    await one.until(() => one.clock.pending > 0);
    await one.clock.advance(1_000);
    await fetching;
    const nothing = { topic, partition: 0, batch: undefined, nextOffset: 0, end: 0, stable: 0 };
    expect({ ...answer, askedAt: undefined }).toEqual({ ...nothing, askedAt: undefined });
  });

  check('stops waiting when aborted or closed', async ({ log }) => {
    const wait = { partitions: [at(0, 0)], partitionBytes: 100, maxWaitMs: 60_000, isolation: 'committed' as const };
    const abort = new AbortController();
    const aborted = codeOf(log.reader().fetch({ ...wait, signal: abort.signal }));
    abort.abort(new RangeError('enough'));
    expect(await aborted).toBe('enough');
    const reader = log.reader();
    const closed = codeOf(reader.fetch(wait));
    await reader.close();
    expect(await closed).toBe('LOG_CLOSED');
    const left = codeOf(log.reader().fetch(wait));
    await log.close();
    expect(await left).toBe('LOG_CLOSED');
    expect(await codeOf(log.transactor('t', 1))).toBe('LOG_CLOSED');
  });
}

function commitCases(check: Case, expect: Expect, options: LogSuiteOptions): void {
  check('shows what was shipped early only after the commit, in order', async (one) => {
    const transactor = await one.log.transactor('t', 60_000);
    await transactor.append([sealed(0, ['a']), sealed(1, ['x'])]);
    await transactor.append([sealed(0, ['b'])]);
    expect(await one.values()).toEqual([]);
    await transactor.commit(commitOf([sealed(0, ['c']), sealed(0, ['d'])]));
    await one.settled();
    expect(await one.values()).toEqual(['a', 'b', 'c', 'd']);
    await transactor.append([sealed(0, ['gone'])]);
    await transactor.abort();
    await transactor.commit(commitOf([sealed(0, ['e'])]));
    await one.settled();
    expect(await one.values(4 + one.marker)).toEqual(['e']);
  });

  check('records input offsets with the commit', async ({ log }) => {
    const transactor = await log.transactor('t', 60_000);
    await transactor.commit(commitOf([], [at(0, 0), at(1, 7)]));
    await transactor.commit(commitOf([], [at(1, 9)]));
    expect(await transactor.committed('g', [at(1, 0), at(0, 0)])).toEqual([9, 0]);
    expect(await log.topics.committed('g', [at(1, 0)])).toEqual([9]);
    expect(await log.topics.committed('other', [at(1, 0)])).toEqual([undefined]);
  });

  check('commits all or nothing', async (one) => {
    const transactor = await one.log.transactor('t', 60_000);
    const rows = new RowBatch(new ByteWriter());
    rows.putBytes('row', Buffer.from('one'));
    const wrong = commitOf([sealed(0, ['a']), sealed(0, ['b'], 'missing')], [at(0, 3)], undefined, rows);
    expect(await codeOf(transactor.commit(wrong))).toBe('TOPIC_UNKNOWN');
    expect(await one.values()).toEqual([]);
    expect(await transactor.committed('g', [at(0, 0)])).toEqual([undefined]);
    if (one.log.storesRows) expect(options.row!('row')).toBe(undefined);
    await transactor.commit(commitOf([sealed(0, ['a'])], [], undefined, rows));
    await one.settled();
    expect(await one.values()).toEqual(['a']);
    if (one.log.storesRows) expect(options.row!('row')).toBe('one');
  });

  check('fences the former holder of a transactional id', async (one) => {
    const former = await one.log.transactor('t', 60_000);
    await former.append([sealed(0, ['former'])]);
    const heir = await one.log.transactor('t', 60_000);
    expect(await codeOf(former.append([sealed(0, ['late'])]))).toBe('FENCED');
    expect(await codeOf(former.commit(commitOf([sealed(0, ['late'])])))).toBe('FENCED');
    await former.close();
    await heir.commit(commitOf([sealed(0, ['heir'])]));
    await one.settled();
    expect(await one.values()).toEqual(['heir']);
  });

  check('an opened id sees what its former holder was committing, or keeps it from happening', async (one) => {
    const former = await one.log.transactor('t', 60_000);
    const committing = codeOf(former.commit(commitOf([sealed(0, ['former'])], [at(1, 5)])));
    const heir = await one.log.transactor('t', 60_000);
    const happened = (await committing) === 'no error';
    expect(await heir.committed('g', [at(1, 0)])).toEqual([happened ? 5 : undefined]);
    await one.settled();
    expect(await one.values()).toEqual(happened ? ['former'] : []);
  });

  check('keeps every commit of many at once, each partition in one order', async (one) => {
    const writers = await Promise.all([1, 2, 3].map((id) => one.log.transactor(`t${id}`, 60_000)));
    const rounds = [0, 1, 2, 3, 4];
    await Promise.all(
      writers.map(async (writer, id) => {
        for (const round of rounds) await writer.commit(commitOf([sealed(0, [`${id}:${round}`])]));
      }),
    );
    await one.settled();
    const values = await one.values();
    expect(values.length).toBe(15);
    for (const id of [0, 1, 2]) {
      expect(values.filter((value) => value.startsWith(`${id}:`))).toEqual(rounds.map((round) => `${id}:${round}`));
    }
  });
}
