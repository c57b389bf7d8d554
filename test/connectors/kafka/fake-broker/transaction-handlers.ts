import { addOffsetsToTxnApi } from '../../../../src/connectors/kafka/protocol/add-offsets-to-txn.ts';
import { addPartitionsToTxnApi } from '../../../../src/connectors/kafka/protocol/add-partitions-to-txn.ts';
import { byTopic } from '../../../../src/connectors/kafka/protocol/by-topic.ts';
import { endTxnApi } from '../../../../src/connectors/kafka/protocol/end-txn.ts';
import { initProducerIdApi } from '../../../../src/connectors/kafka/protocol/init-producer-id.ts';
import type { ProducerId } from '../../../../src/connectors/kafka/protocol/producer-id.ts';
import type { ResponseReader } from '../../../../src/connectors/kafka/protocol/response-reader.ts';
import { txnOffsetCommitApi } from '../../../../src/connectors/kafka/protocol/txn-offset-commit.ts';
import type { FakeState, Handler } from './handler.ts';
import { codeOf } from './kafka-error.ts';

/** InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn. */
export function transactionHandlers(cluster: FakeState): [number, Handler][] {
  return [
    [initProducerIdApi.apiKey, initProducerId(cluster)],
    [addPartitionsToTxnApi.apiKey, addPartitions(cluster)],
    [addOffsetsToTxnApi.apiKey, addOffsets(cluster)],
    [txnOffsetCommitApi.apiKey, commitOffsets(cluster)],
    [endTxnApi.apiKey, end(cluster)],
  ];
}

function producerOf(reader: ResponseReader): ProducerId {
  return { producerId: reader.int64(), producerEpoch: reader.int16() };
}

function initProducerId({ transactions }: FakeState): Handler {
  return ({ reader }, out) => {
    const [id, timeoutMs] = [reader.nullableString(), reader.int32()];
    let opened: ProducerId = { producerId: -1, producerEpoch: -1 };
    const errorCode = codeOf(() => (opened = id === null ? transactions.unnamed() : transactions.open(id, timeoutMs)));
    out.int32(0).int16(errorCode).int64(opened.producerId).int16(opened.producerEpoch);
  };
}

function addPartitions({ topics, transactions }: FakeState): Handler {
  return ({ reader }, out) => {
    const id = reader.string();
    const producer = producerOf(reader);
    const places = reader
      .array(() => {
        const topic = reader.string();
        return reader.array(() => ({ topic, partition: reader.int32() }));
      })
      .flat();
    // All or none, as on a real broker: the others are "not attempted".
    const unknown = places.map(({ topic, partition }) => codeOf(() => topics.partition(topic, partition)));
    const wrong = unknown.some((code) => code !== 0);
    const all = wrong ? 55 : codeOf(() => transactions.addPartitions(id, producer, places));
    const answers = places.map((place, i) => ({ ...place, errorCode: unknown[i] === 0 ? all : unknown[i]! }));
    out
      .int32(0)
      .array(byTopic(answers), ({ topic, places: added }) =>
        out.string(topic).array(added, ({ partition, errorCode }) => out.int32(partition).int16(errorCode)),
      );
  };
}

function addOffsets({ transactions }: FakeState): Handler {
  return ({ reader }, out) => {
    const id = reader.string();
    const producer = producerOf(reader);
    const group = reader.string();
    out.int32(0).int16(codeOf(() => transactions.addOffsets(id, producer, group)));
  };
}

function commitOffsets({ groups, transactions }: FakeState): Handler {
  return ({ reader }, out) => {
    const [id, group] = [reader.compactString(), reader.compactString()];
    const producer = producerOf(reader);
    const [generation, memberId] = [reader.int32(), reader.compactString()];
    reader.compactNullableString();
    const offsets = reader
      .compactArray(() => {
        const topic = reader.compactString();
        const places = reader.compactArray(() => {
          const place = { topic, partition: reader.int32(), offset: reader.int64() };
          reader.int32();
          reader.compactNullableString();
          reader.tags();
          return place;
        });
        reader.tags();
        return places;
      })
      .flat();
    const errorCode = codeOf(() => {
      groups.check(group, memberId, generation);
      transactions.commitOffsets(id, producer, group, offsets);
    });
    out
      .int32(0)
      .compactArray(byTopic(offsets), ({ topic, places }) =>
        out
          .compactString(topic)
          .compactArray(places, ({ partition }) => out.int32(partition).int16(errorCode).tags())
          .tags(),
      )
      .tags();
  };
}

function end({ transactions }: FakeState): Handler {
  return ({ reader }, out) => {
    const id = reader.string();
    const producer = producerOf(reader);
    const type = reader.boolean() ? 'commit' : 'abort';
    out.int32(0).int16(codeOf(() => transactions.end(id, producer, type)));
  };
}
