import { walkBatches } from '../../core/batch-walker.ts';
import type { FetchedPartition } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { abortFilter } from './abort-filter.ts';
import { unpackAhead, unpackBatch } from './compression/unpack-batch.ts';
import type { BatchMemory } from './batch-memory.ts';
import type { Landed } from './fetch-place.ts';
import { nativeCrc32c } from '../../core/native-crc32c.ts';

/**
 * The records of an answer as columns over the answer itself (uncompressed ones are not copied), both of them to be used
 * again. Throws BATCH_CORRUPT.
 */
export async function readAnswer(
  { answer, from, committed, askedAt, slab }: Landed,
  memory: BatchMemory,
): Promise<FetchedPartition> {
  const { topic, partition, records, end, stable, aborted } = answer;
  try {
    const ahead = await unpackAhead(records);
    const { batch, nextOffset } = walkBatches(records, {
      topic,
      partition,
      from,
      checksum: nativeCrc32c,
      columns: (count) => memory.columns(count),
      decompress: (codec, packed) => unpackBatch(codec, packed, ahead),
      ...(committed ? abortFilter(aborted) : {}),
    });
    const staysInSlab = batch?.slab.buffer === slab.memory;
    if (batch !== undefined) memory.hold(batch, staysInSlab ? slab : undefined);
    if (!staysInSlab) memory.leave(slab);
    return { topic, partition, batch, nextOffset, end, stable, askedAt };
  } catch (error) {
    throw StreamError.from(error, 'BATCH_CORRUPT', { topic, partition, offset: from });
  }
}
