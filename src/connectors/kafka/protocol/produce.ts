/**
 * Produce v8: one record batch per partition and request, as versions since 3 demand. Producer and sequence are written
 * into the sealed batches; doing it again writes the same, so a repeated request is the same to the byte.
 */
import { stampProducer } from '../../../core/batch-format.ts';
import type { TopicPartition } from '../../../core/log.ts';
import { nativeCrc32c } from '../../../core/native-crc32c.ts';
import { byTopic } from './by-topic.ts';
import type { PartitionError } from './partition-error.ts';
import type { ProducerId } from './producer-id.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const produceApi = { apiKey: 0, version: 8 } as const;

/** A single v2 record batch on its way. */
export interface OutgoingBatch extends TopicPartition {
  readonly bytes: Buffer;
  readonly baseSequence: number;
}

export interface ProduceRequest {
  readonly transactionalId: string | null;
  readonly producer: ProducerId;
  readonly timeoutMs: number;
  readonly batches: readonly OutgoingBatch[];
}

export interface ProducedPartition extends PartitionError {
  readonly baseOffset: number;
  readonly message: string | null;
}

/**
 * The request in pieces: the batches themselves are among them, so their bytes are not copied, and are not to be touched
 * until the request is answered.
 */
export function encodeProduceRequest({ transactionalId, producer, timeoutMs, batches }: ProduceRequest): Buffer[] {
  const out = new RequestWriter();
  const cuts: { readonly at: number; readonly bytes: Buffer }[] = [];
  out
    .string(transactionalId)
    .int16(-1) // acknowledged by all replicas in sync
    .int32(timeoutMs)
    .array(byTopic(batches), ({ topic, places }) => {
      out.string(topic).array(places, ({ partition, bytes, baseSequence }) => {
        stampProducer(bytes, 0, { ...producer, baseSequence, transactional: transactionalId !== null }, nativeCrc32c);
        out.int32(partition).int32(bytes.length);
        cuts.push({ at: out.length, bytes });
      });
    });
  const fields = out.finish();
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { at, bytes } of cuts) {
    pieces.push(fields.subarray(from, at), bytes);
    from = at;
  }
  return pieces;
}

export function decodeProduceResponse(body: Buffer): readonly ProducedPartition[] {
  const reader = new ResponseReader(body);
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        const errorCode = reader.int16();
        const baseOffset = reader.int64();
        reader.int64(); // append time
        reader.int64(); // log start
        const records = reader.array(() => {
          reader.int32(); // index in the batch
          return reader.nullableString();
        });
        const message = reader.nullableString() ?? records[0] ?? null;
        return { topic, partition, errorCode, baseOffset, message };
      });
    })
    .flat();
}
