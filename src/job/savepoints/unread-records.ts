import { BatchWriter } from '../../core/batch-writer.ts';
import { copyRecord } from '../../core/copy-record.ts';
import type { Log, PartitionOffset, SealedBatch } from '../../core/log.ts';
import type { RecordBatch } from '../../core/record-batch.ts';

const fetchBytes = 4 * 1024 * 1024;
const sealedBytes = 32 * 1024 * 1024;

/** The committed records from these positions to the end, partition by partition. Nobody may write meanwhile. */
export async function* unreadRecords(log: Log, from: readonly PartitionOffset[]): AsyncIterable<SealedBatch> {
  const bounds = await log.topics.bounds(from);
  const reader = log.reader();
  try {
    for (const [i, { topic, partition, offset: first }] of from.entries()) {
      const writer = new BatchWriter(topic, partition);
      for (let offset = first; offset < bounds[i]!.end;) {
        const [part] = await reader.fetch({
          partitions: [{ topic, partition, offset }],
          partitionBytes: fetchBytes,
          maxWaitMs: 500,
          isolation: 'committed',
        });
        if (part === undefined) continue; // a transaction in doubt holds it up
        if (part.batch !== undefined) copyAll(part.batch, writer);
        offset = part.nextOffset;
        if (writer.byteLength >= sealedBytes) yield writer.seal()!;
      }
      const rest = writer.seal();
      if (rest !== undefined) yield rest;
    }
  } finally {
    await reader.close();
  }
}

function copyAll(batch: RecordBatch, to: BatchWriter): void {
  for (let i = 0; i < batch.count; i++) copyRecord(batch, i, to);
}
