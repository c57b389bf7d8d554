import { walkBatches, walkedColumns, type WalkedColumns } from '../../core/batch-walker.ts';
import type { FetchedPartition } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { abortFilter } from './abort-filter.ts';
import { unpackAhead, unpackBatch } from './compression/unpack-batch.ts';
import type { Landed } from './fetch-place.ts';
import { nativeCrc32c } from '../../core/native-crc32c.ts';

/** The records of an answer as columns over the answer itself (uncompressed ones are not copied). Throws BATCH_CORRUPT. */
export async function readAnswer(
  { answer, from, committed, askedAt }: Landed,
  columns: (count: number) => WalkedColumns = walkedColumns,
): Promise<FetchedPartition> {
  const { topic, partition, records, end, stable, aborted } = answer;
  try {
    const ahead = await unpackAhead(records);
    const { batch, nextOffset } = walkBatches(records, {
      topic,
      partition,
      from,
      checksum: nativeCrc32c,
      columns,
      decompress: (codec, packed) => unpackBatch(codec, packed, ahead),
      ...(committed ? abortFilter(aborted) : {}),
    });
    return { topic, partition, batch, nextOffset, end, stable, askedAt };
  } catch (error) {
    throw StreamError.from(error, 'BATCH_CORRUPT', { topic, partition, offset: from });
  }
}
