/**
 * Produce v8: one record batch per partition and request, as versions since 3 demand. The sealed batches are copied into
 * the request and get producer and sequence there, so the caller's bytes stay as they are and a repeated request is the
 * same to the byte.
 */
import { stampProducer } from '../../../core/batch-format.ts';
import type { TopicPartition } from '../../../core/log.ts';
import { nativeCrc32c } from '../native-crc32c.ts';
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

/** Room for the fields beside the batches, per batch: enough for most topic names. */
const fieldBytes = 64;

export function encodeProduceRequest({ transactionalId, producer, timeoutMs, batches }: ProduceRequest): Buffer {
  const room = batches.reduce((sum, { bytes }) => sum + bytes.length + fieldBytes, fieldBytes);
  const positions: { readonly batch: OutgoingBatch; readonly position: number }[] = [];
  const body = new RequestWriter(room)
    .string(transactionalId)
    .int16(-1) // acknowledged by all replicas in sync
    .int32(timeoutMs)
    .array(byTopic(batches), ({ topic, places }, out) => {
      out.string(topic).array(places, (batch) => {
        out.int32(batch.partition).bytes(batch.bytes);
        positions.push({ batch, position: out.length - batch.bytes.length });
      });
    })
    .finish();
  for (const { batch, position } of positions) {
    const transactional = transactionalId !== null;
    stampProducer(body, position, { ...producer, baseSequence: batch.baseSequence, transactional }, nativeCrc32c);
  }
  return body;
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
