/** Fetch v11: records of several partitions of one broker. */
import type { PartitionOffset } from '../../../core/log.ts';
import { byTopic } from './by-topic.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const fetchApi = { apiKey: 1, version: 11 } as const;

export interface FetchPosition extends PartitionOffset {
  /** The epoch of the leader that is asked: one that was replaced says so instead of answering. -1: not known. */
  readonly leaderEpoch: number;
}

export interface FetchQuestion {
  readonly positions: readonly FetchPosition[];
  readonly maxWaitMs: number;
  readonly partitionBytes: number;
  /** Of all partitions; at least one batch comes, whatever its size. */
  readonly maxBytes: number;
  readonly committed: boolean;
  readonly rack: string;
}

/** A transaction that was given up: records of this producer from this offset to its abort marker do not count. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly end: number;
  readonly stable: number;
  readonly start: number;
  readonly aborted: readonly AbortedTransaction[];
  /** A replica nearby that should be asked from now on; -1: none. */
  readonly preferredReplica: number;
  /** Record batches, a view into the answer; the last one may be cut off. */
  readonly records: Buffer;
}

export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly PartitionAnswer[];
}

const nothing = Buffer.alloc(0);

export function encodeFetchRequest(question: FetchQuestion): Buffer {
  const { positions, maxWaitMs, partitionBytes, maxBytes, committed, rack } = question;
  return new RequestWriter()
    .int32(-1) // not a replica
    .int32(maxWaitMs)
    .int32(1) // least bytes
    .int32(maxBytes)
    .int8(committed ? 1 : 0)
    .int32(0) // no session
    .int32(-1)
    .array(byTopic(positions), ({ topic, places }, writer) =>
      writer.string(topic).array(places, ({ partition, offset, leaderEpoch }) =>
        writer
          .int32(partition)
          .int32(leaderEpoch)
          .int64(offset)
          .int64(-1) // start of a replica's log
          .int32(partitionBytes),
      ),
    )
    .int32(0) // nothing to forget: no session
    .string(rack)
    .finish();
}

export function decodeFetchResponse(body: Buffer): FetchAnswer {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  const errorCode = reader.int16();
  reader.int32(); // session
  const partitions = reader.array((topics) => {
    const topic = topics.string();
    return topics.array((each) => readPartition(each, topic));
  });
  return { errorCode, partitions: partitions.flat() };
}

function readPartition(reader: ResponseReader, topic: string): PartitionAnswer {
  return {
    topic,
    partition: reader.int32(),
    errorCode: reader.int16(),
    end: reader.int64(),
    stable: reader.int64(),
    start: reader.int64(),
    aborted: reader.array((each) => ({ producerId: each.int64(), firstOffset: each.int64() })),
    preferredReplica: reader.int32(),
    records: reader.nullableBytes() ?? nothing,
  };
}
