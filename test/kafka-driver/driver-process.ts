/**
 * `driver-process.ts consume|produce BROKERS TOPIC RECORDS BYTES`: moves records and ends. Its CPU is read from outside.
 *
 * Consuming looks at each record's bounds, as Java's tool does; producing makes records with keys and commits a
 * transaction every 100,000.
 */
import { openKafkaLog } from '../../src/connectors/kafka/kafka-log.ts';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { systemClock, systemRandom } from '../../src/core/clock.ts';
import type { Log, TopicPartition } from '../../src/core/log.ts';
import { RowBatch } from '../../src/core/row-batch.ts';

const [mode, brokers = '', topic = '', count = '0', bytes = '300'] = process.argv.slice(2);
const records = Number(count);
const batchRecords = 4_000;
const transactionRecords = 100_000;

async function consume(log: Log, places: readonly TopicPartition[]): Promise<void> {
  const bounds = await log.topics.bounds(places);
  const positions = bounds.map(({ start }) => start);
  const reader = log.reader();
  let [seen, total] = [0, 0];
  while (seen < records) {
    const partitions = places.map((place, i) => ({ ...place, offset: positions[i]! }));
    const request = { partitions, partitionBytes: 1024 * 1024, maxWaitMs: 500, isolation: 'committed' } as const;
    for (const { partition, nextOffset, batch } of await reader.fetch(request)) {
      positions[partition] = nextOffset;
      if (batch === undefined) continue;
      seen += batch.count;
      for (let i = 0; i < batch.count; i++) total += batch.valueEnds[i]! - batch.valueStarts[i]!;
      reader.recycle?.(batch);
    }
  }
  await reader.close();
  if (total < records) throw new Error('the values are empty');
}

async function produce(log: Log, places: readonly TopicPartition[]): Promise<void> {
  const transactor = await log.transactor(`${topic}-${process.pid}`, 60_000);
  const checksums = log.writesChecksums !== true;
  const writers = places.map(({ partition }) => new BatchWriter(topic, partition, { checksums }));
  const value = Buffer.alloc(Number(bytes), 'some text that repeats itself, as text does; ');
  const member = { group: topic, generation: -1, memberId: '' };
  const rows = new RowBatch(new ByteWriter(0));
  for (let i = 0, due = transactionRecords; i < records;) {
    const until = Math.min(records, i + batchRecords * writers.length);
    const now = systemClock.now();
    for (; i < until; i++) {
      value.writeUInt32LE(i, 16);
      writers[i % writers.length]!.appendBytes(`key-${i % 10_000}`, value, 0, value.length, now);
    }
    await transactor.append(writers.flatMap((writer) => writer.seal() ?? []));
    if (i < due && i < records) continue;
    await transactor.commit({ outputs: [], offsets: [], member, rows });
    due = i + transactionRecords;
  }
  await transactor.close();
}

const log = await openKafkaLog({ brokers }, { clock: systemClock, random: systemRandom });
const [description] = await log.topics.describe([topic]);
const places = Array.from({ length: description!.partitions }, (_, partition) => ({ topic, partition }));
const before = performance.now();
await (mode === 'consume' ? consume(log, places) : produce(log, places));
console.log(JSON.stringify({ seconds: (performance.now() - before) / 1000 }));
await log.close();
