import { expect, test } from 'vitest';
import { compressionNumbers, type Compression } from '../../../src/connectors/kafka/compression/compression.ts';
import { BatchWriter } from '../../../src/core/batch-writer.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { FetchRequest, Log, LogReader, SealedBatch, Transactor } from '../../../src/core/log.ts';
import { recordHeaders } from '../../../src/core/record-headers.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { readCommitted } from '../support/console-consumer.ts';
import { runJava } from '../support/java-program.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { settled } from '../support/settled.ts';

interface Read {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: string;
}

/** The same numbers for every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function batch(topic: string, partition: number, values: readonly string[]): SealedBatch {
  const writer = new BatchWriter(topic, partition);
  const now = systemClock.now(); // what is old is deleted
  for (const value of values)
    writer.appendBytes(value.slice(0, 20), Buffer.from(value), 0, Buffer.byteLength(value), now);
  return writer.seal()!;
}

const noRows = new RowBatch(new ByteWriter(0));
const nobody = { group: 'nobody', generation: -1, memberId: '' };

function commit(transactor: Transactor): Promise<void> {
  return transactor.commit({ outputs: [], offsets: [], member: nobody, rows: noRows });
}

/** Everything from `from` to the end of its partition (to the last stable offset for committed records). */
async function readAll(
  reader: LogReader,
  topic: string,
  partition: number,
  partitionBytes: number,
  from = 0,
  isolation: FetchRequest['isolation'] = 'committed',
): Promise<Read[]> {
  const found: Read[] = [];
  for (let offset = from; ;) {
    const partitions = [{ topic, partition, offset }];
    const [part] = await reader.fetch({ partitions, partitionBytes, maxWaitMs: 0, isolation });
    if (part === undefined) continue;
    found.push(...recordsOf(part));
    if (part.nextOffset >= (isolation === 'committed' ? part.stable : part.end)) return found;
    offset = part.nextOffset;
  }
}

function recordsOf({ batch: records }: Awaited<ReturnType<LogReader['fetch']>>[number]): Read[] {
  if (records === undefined) return [];
  const text = (start: number, end: number): string | null =>
    start < 0 ? null : records.slab.toString('utf8', start, end);
  return Array.from({ length: records.count }, (_, i) => ({
    offset: records.offsets[i]!,
    key: text(records.keyStarts[i]!, records.keyEnds[i]!),
    value: text(records.valueStarts[i]!, records.valueEnds[i]!),
    headers: recordHeaders(records, i)
      .map(({ key, value }) => `${key}:${Buffer.from(value).toString()}`)
      .join(),
  }));
}

async function topicOf(log: Log, name: string, partitions: number, replicas = 1): Promise<string> {
  const topic = fresh(name);
  await log.topics.create([{ name: topic, partitions, replicas }]);
  return topic;
}

describeOnKafka('reading from one broker', {}, (cluster) => {
  test('leaks no record of an aborted transaction and misses none of a committed one, at any fetch size', async () => {
    const log = await openLog(cluster().bootstrap);
    const partitions = 2;
    const topic = await topicOf(log, 'interleaved', partitions);
    const random = randomNumbers(7);
    const producers = await Promise.all([0, 1, 2, 3].map((n) => log.transactor(`${topic}-${n}`, 60_000)));
    const open = producers.map(() => [] as { partition: number; values: string[] }[]);
    const committed = Array.from({ length: partitions }, () => new Set<string>());
    let written = 0;
    let aborted = 0;
    for (let step = 0; step < 1_500 || open.some((appended) => appended.length > 0); step++) {
      const producer = random(producers.length);
      const transactor = producers[producer]!;
      const appended = open[producer]!;
      if (step < 1_500 && (appended.length === 0 || random(3) > 0)) {
        const partition = random(partitions);
        const values = Array.from(
          { length: 1 + random(5) },
          (_, i) => `${producer}/${step}/${i}/${'x'.repeat(random(90))}`,
        );
        await transactor.append([batch(topic, partition, values)]);
        appended.push({ partition, values });
        written += values.length;
      } else {
        const giveUp = random(100) < 65;
        if (giveUp) await transactor.abort();
        else await commit(transactor);
        for (const { partition, values } of appended.splice(0)) {
          if (giveUp) aborted += values.length;
          else for (const value of values) committed[partition]!.add(value);
        }
      }
    }
    expect(aborted).toBeGreaterThan(1_000);
    await settled(log, topic);
    const reader = log.reader();
    let reads = 0;
    for (const partitionBytes of [1, 200, 700, 3_000, 20_000, 1_000_000]) {
      for (let partition = 0; partition < partitions; partition++) {
        const found = await readAll(reader, topic, partition, partitionBytes);
        reads += found.length;
        const values = found.map(({ value }) => value!);
        const leaked = values.filter((value) => !committed[partition]!.has(value)).length;
        const missed = [...committed[partition]!].filter((value) => !values.includes(value)).length;
        expect({ partitionBytes, leaked, missed, count: values.length }).toEqual({
          partitionBytes,
          leaked: 0,
          missed: 0,
          count: committed[partition]!.size,
        });
        for (let i = 0; i < 20; i++) {
          const from = random(found.at(-1)!.offset);
          const rest = await readAll(reader, topic, partition, 1_000_000, from);
          expect(rest).toEqual(found.filter(({ offset }) => offset >= from));
        }
      }
    }
    const everything = await Promise.all([0, 1].map((p) => readAll(log.reader(), topic, p, 5_000, 0, 'uncommitted')));
    expect(everything.flat()).toHaveLength(written);
    console.log(`${written} records, ${aborted} aborted; ${reads} read at 6 fetch sizes, 0 leaked, 0 missed`);
  });

  test('loses nothing when calls are given up and the set of partitions changes', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await topicOf(log, 'changing', 5);
    const random = randomNumbers(11);
    const each = 400;
    const writing = (async () => {
      const transactor = await log.transactor(topic, 60_000);
      for (let i = 0; i < each; i += 10) {
        const values = Array.from({ length: 10 }, (_, j) => `${i + j}`);
        await transactor.append([0, 1, 2, 3, 4].map((partition) => batch(topic, partition, values)));
        await commit(transactor);
      }
    })();
    const reader = log.reader();
    const positions = [0, 0, 0, 0, 0];
    const found: string[][] = positions.map(() => []);
    while (found.some((values) => values.length < each)) {
      const wanted = [0, 1, 2, 3, 4].filter(() => random(3) > 0);
      const abort = new AbortController();
      if (random(3) === 0) setTimeout(() => abort.abort(new RangeError('enough')), random(8));
      const partitions = wanted.map((partition) => ({ topic, partition, offset: positions[partition]! }));
      const request = { partitions, partitionBytes: 300, maxWaitMs: random(60), isolation: 'committed' } as const;
      const answer = await reader.fetch({ ...request, signal: abort.signal }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(RangeError);
        return [];
      });
      for (const part of answer) {
        found[part.partition]!.push(...recordsOf(part).map(({ value }) => value!));
        positions[part.partition] = part.nextOffset;
      }
    }
    await writing;
    const right = Array.from({ length: each }, (_, i) => `${i}`);
    for (const values of found) expect(values).toEqual(right);
  });

  test.each(['none', ...Object.keys(compressionNumbers)])("reads what Java's producer writes: %s", async (codec) => {
    const log = await openLog(cluster().bootstrap);
    const topic = await topicOf(log, `java-${codec}`, 1);
    const lines = Array.from({ length: 3_000 }, (_, i) => {
      const value = i % 10 === 3 ? 'NULL' : `value ${i} ${'äbc'.repeat(i % 40)}`;
      return `h1:${i},h2:b\t${i % 7 === 0 ? 'NULL' : `key-${i}`}\t${value}`;
    });
    const properties = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL'];
    await runJava(
      'org.apache.kafka.tools.ConsoleProducer',
      [
        ...['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--compression-codec', codec],
        ...properties.flatMap((property) => ['--reader-property', property]),
        ...['--batch-size', '50000', '--timeout', '100', '--max-block-ms', '60000'],
      ],
      { input: `${lines.join('\n')}\n` },
    );
    const found = await readAll(log.reader(), topic, 0, 100_000);
    const line = ({ headers, key, value }: Read): string => `${headers}\t${key ?? 'NULL'}\t${value ?? 'NULL'}`;
    expect(found.map(line)).toEqual(lines);
  });

  test.each(Object.keys(compressionNumbers) as Compression[])(
    "Java's consumer reads what we write: %s",
    async (codec) => {
      const log = await openLog(cluster().bootstrap, { compression: codec });
      const topic = await topicOf(log, `ours-${codec}`, 1);
      const transactor = await log.transactor(topic, 60_000);
      const values = Array.from({ length: 2_000 }, (_, i) => `value ${i} ${'äbc'.repeat(i % 40)}`);
      await transactor.append([batch(topic, 0, values)]);
      await commit(transactor);
      const read = await readCommitted(cluster().bootstrap, topic, { maxRecords: values.length });
      expect(read.map(({ value }) => value)).toEqual(values);
      expect((await readAll(log.reader(), topic, 0, 1_000)).map(({ value }) => value)).toEqual(values);
      const { end } = (await log.topics.bounds([{ topic, partition: 0 }]))[0]!;
      expect(end).toBe(values.length + 1); // and the marker
    },
  );

  test('reads a record that is larger than what it asked for', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await topicOf(log, 'large', 2);
    const transactor = await log.transactor(topic, 60_000);
    const large = 'x'.repeat(900_000);
    await transactor.append([batch(topic, 0, ['a', large, 'b']), batch(topic, 1, [large])]);
    await commit(transactor);
    await settled(log, topic);
    const read = await readAll(log.reader(), topic, 0, 1_000);
    expect(read.map(({ value }) => value!.length)).toEqual([1, 900_000, 1]);
  });

  test('says which topics, partitions and offsets there are not', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await topicOf(log, 'short', 1);
    const transactor = await log.transactor(topic, 60_000);
    await transactor.append([batch(topic, 0, ['a', 'b', 'c'])]);
    await commit(transactor);
    await settled(log, topic);
    await log.topics.deleteRecords([{ topic, partition: 0, offset: 2 }]);
    const reader = log.reader();
    const fetch = (name: string, partition: number, offset: number): Promise<unknown> =>
      reader.fetch({
        partitions: [{ topic: name, partition, offset }],
        partitionBytes: 1_000,
        maxWaitMs: 5_000,
        isolation: 'committed',
      });
    await expect(fetch(topic, 0, 1)).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      place: { topic, partition: 0, offset: 1 },
    });
    await expect(fetch(topic, 0, 9)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    await expect(fetch(topic, 1, 0)).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN', place: { topic, partition: 1 } });
    await expect(fetch(fresh('none'), 0, 0)).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    expect(await fetch(topic, 0, 2)).toMatchObject([{ batch: { count: 1 } }]);
  });
});

describeOnKafka('reading from three brokers', { brokers: 3, heapMb: 256 }, (cluster) => {
  test('goes on when brokers are killed, suspended and come back', async () => {
    const log = await openLog(cluster().bootstrap, { requestTimeout: '3s' });
    const topic = await topicOf(log, 'moving', 3, 3);
    const total = 6_000;
    const state = { failed: false, longestMs: 0 };
    const writing = (async () => {
      const transactor = await log.transactor(topic, 60_000);
      for (let i = 0; i < total && !state.failed; i += 10) {
        const values = Array.from({ length: 10 }, (_, j) => `${i + j}`);
        await transactor.append([0, 1, 2].map((partition) => batch(topic, partition, values)));
        await commit(transactor);
      }
    })();
    const reader = log.reader();
    const positions = [0, 0, 0];
    const found: string[][] = positions.map(() => []);
    const reading = (async () => {
      for (let before = performance.now(); found.some((values) => values.length < total);) {
        const partitions = positions.map((offset, partition) => ({ topic, partition, offset }));
        const answer = await reader.fetch({
          partitions,
          partitionBytes: 2_000,
          maxWaitMs: 200,
          isolation: 'committed',
        });
        for (const part of answer) {
          found[part.partition]!.push(...recordsOf(part).map(({ value }) => value!));
          positions[part.partition] = part.nextOffset;
          if (part.batch === undefined) continue;
          state.longestMs = Math.max(state.longestMs, performance.now() - before);
          before = performance.now();
        }
      }
    })();
    reading.catch(() => (state.failed = true));
    const reached = (count: number): Promise<void> =>
      expect.poll(() => Math.min(...found.map((values) => values.length))).toBeGreaterThan(count);
    await reached(500);
    await cluster().brokers[0]!.kill();
    await reached(1_500);
    await cluster().brokers[0]!.start();
    await reached(2_500);
    cluster().brokers[1]!.suspend();
    await reached(3_500);
    cluster().brokers[1]!.resume();
    await reached(4_500);
    await cluster().brokers[2]!.kill();
    await Promise.all([writing, reading]);
    await cluster().brokers[2]!.start();
    const right = Array.from({ length: total }, (_, i) => `${i}`);
    for (const values of found) expect(values).toEqual(right);
    console.log(`longest time without a record: ${(state.longestMs / 1000).toFixed(1)} s`);
  });
});
