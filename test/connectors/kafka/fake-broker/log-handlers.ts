import type { PartitionOffset } from '../../../../src/core/log.ts';
import { byTopic } from '../../../../src/connectors/kafka/protocol/by-topic.ts';
import { fetchApi, type AbortedTransaction } from '../../../../src/connectors/kafka/protocol/fetch.ts';
import { listOffsetsApi } from '../../../../src/connectors/kafka/protocol/list-offsets.ts';
import { produceApi } from '../../../../src/connectors/kafka/protocol/produce.ts';
import type { ResponseReader } from '../../../../src/connectors/kafka/protocol/response-reader.ts';
import type { Asked, FakeState, Handler } from './handler.ts';
import { batchesOf } from './fake-partition.ts';
import { codeOf } from './kafka-error.ts';

/** Produce, Fetch, ListOffsets. */
export function logHandlers(cluster: FakeState): [number, Handler][] {
  return [
    [produceApi.apiKey, produce(cluster)],
    [fetchApi.apiKey, fetch(cluster)],
    [listOffsetsApi.apiKey, listOffsets(cluster)],
  ];
}

function produce(cluster: FakeState): Handler {
  return ({ node, reader }, out) => {
    const transactionalId = reader.nullableString();
    reader.int16();
    reader.int32();
    const produced = reader
      .array(() => {
        const topic = reader.string();
        return reader.array(() => ({ topic, partition: reader.int32(), records: reader.bytes() }));
      })
      .flat()
      .map(({ topic, partition, records }) => {
        let baseOffset = -1;
        const errorCode = codeOf(() => {
          const log = cluster.topics.led(topic, partition, node);
          const producer = { producerId: Number(records.readBigInt64BE(43)), producerEpoch: records.readInt16BE(51) };
          if (transactionalId !== null) cluster.transactions.check(transactionalId, producer, { topic, partition });
          for (const batch of batchesOf(records)) baseOffset = log.append(batch);
        });
        return { topic, partition, errorCode, baseOffset };
      });
    cluster.arrivals.announce();
    out
      .array(byTopic(produced), ({ topic, places }) =>
        out.string(topic).array(places, ({ partition, errorCode, baseOffset }) =>
          out
            .int32(partition)
            .int16(errorCode)
            .int64(baseOffset)
            .int64(-1)
            .int64(0)
            .array([], () => out)
            .string(null),
        ),
      )
      .int32(0);
  };
}

interface FetchPlace extends PartitionOffset {
  readonly epoch: number;
  readonly mostBytes: number;
}

interface Found {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly end: number;
  readonly stable: number;
  readonly start: number;
  readonly records: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

function readFetch(reader: ResponseReader): { maxWaitMs: number; committed: boolean; places: FetchPlace[] } {
  reader.int32();
  const maxWaitMs = reader.int32();
  reader.int32();
  reader.int32();
  const committed = reader.int8() === 1;
  reader.int32();
  reader.int32();
  const places = reader.array(() => {
    const topic = reader.string();
    return reader.array(() => {
      const [partition, epoch, offset] = [reader.int32(), reader.int32(), reader.int64()];
      reader.int64();
      return { topic, partition, epoch, offset, mostBytes: reader.int32() };
    });
  });
  return { maxWaitMs, committed, places: places.flat() };
}

function fetch(cluster: FakeState): Handler {
  const look = (
    node: number,
    { topic, partition, epoch, offset, mostBytes }: FetchPlace,
    committed: boolean,
  ): Found => {
    let found: Omit<Found, 'topic' | 'partition' | 'errorCode'> = {
      end: -1,
      stable: -1,
      start: -1,
      records: Buffer.alloc(0),
      aborted: [],
    };
    const errorCode = codeOf(() => {
      const log = cluster.topics.led(topic, partition, node, epoch);
      const { end, stable, start } = log;
      found = { end, stable, start, ...log.read(offset, mostBytes, committed) };
    });
    return { topic, partition, errorCode, ...found };
  };
  return async ({ node, reader }: Asked, out) => {
    const { maxWaitMs, committed, places } = readFetch(reader);
    const until = cluster.clock.monotonic() + maxWaitMs;
    let found: Found[];
    for (;;) {
      const arrival = cluster.arrivals.next();
      found = places.map((place) => look(node, place, committed));
      const left = until - cluster.clock.monotonic();
      if (left <= 0 || found.some(({ errorCode, records }) => errorCode !== 0 || records.length > 0)) break;
      await arrival.wait(cluster.clock, left, []);
    }
    out
      .int32(0)
      .int16(0)
      .int32(0)
      .array(byTopic(found), ({ topic, places: answers }) =>
        out.string(topic).array(answers, ({ partition, errorCode, end, stable, start, aborted, records }) =>
          out
            .int32(partition)
            .int16(errorCode)
            .int64(end)
            .int64(stable)
            .int64(start)
            .array(aborted, ({ producerId, firstOffset }) => out.int64(producerId).int64(firstOffset))
            .int32(-1)
            .bytes(records),
        ),
      );
  };
}

function listOffsets(cluster: FakeState): Handler {
  return ({ node, reader }, out) => {
    reader.int32();
    const committed = reader.int8() === 1;
    const listed = reader
      .array(() => {
        const topic = reader.string();
        return reader.array(() => {
          const partition = reader.int32();
          reader.int32();
          return { topic, partition, timestamp: reader.int64() };
        });
      })
      .flat()
      .map(({ topic, partition, timestamp }) => {
        let offset = -1;
        const errorCode = codeOf(() => {
          const log = cluster.topics.led(topic, partition, node);
          const end = committed ? log.stable : log.end;
          offset = timestamp === -2 ? log.start : timestamp === -1 ? end : log.offsetAt(timestamp);
        });
        return { topic, partition, errorCode, offset };
      });
    out
      .int32(0)
      .array(byTopic(listed), ({ topic, places }) =>
        out
          .string(topic)
          .array(places, ({ partition, errorCode, offset }) =>
            out.int32(partition).int16(errorCode).int64(-1).int64(offset).int32(-1),
          ),
      );
  };
}
