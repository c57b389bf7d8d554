import { byTopic } from '../../../../src/connectors/kafka/protocol/by-topic.ts';
import { createTopicsApi } from '../../../../src/connectors/kafka/protocol/create-topics.ts';
import { deleteRecordsApi } from '../../../../src/connectors/kafka/protocol/delete-records.ts';
import { deleteTopicsApi } from '../../../../src/connectors/kafka/protocol/delete-topics.ts';
import { describeConfigsApi } from '../../../../src/connectors/kafka/protocol/describe-configs.ts';
import { metadataApi } from '../../../../src/connectors/kafka/protocol/metadata.ts';
import type { FakeState, Handler } from './handler.ts';
import { codeOf } from './kafka-error.ts';

/** Metadata, CreateTopics, DeleteTopics, DeleteRecords, DescribeConfigs. */
export function topicHandlers(cluster: FakeState): [number, Handler][] {
  return [
    [metadataApi.apiKey, metadata(cluster)],
    [createTopicsApi.apiKey, createTopics(cluster)],
    [deleteTopicsApi.apiKey, deleteTopics(cluster)],
    [deleteRecordsApi.apiKey, deleteRecords(cluster)],
    [describeConfigsApi.apiKey, describeConfigs(cluster)],
  ];
}

function metadata(cluster: FakeState): Handler {
  return ({ reader }, out) => {
    const names = reader.compactArray(() => {
      reader.uuid();
      const name = reader.compactString();
      reader.tags();
      return name;
    });
    const { brokers, controller, topics } = cluster.view(names);
    out
      .int32(0)
      .compactArray(brokers, ({ node, host, port, rack }) =>
        out.int32(node).compactString(host).int32(port).compactString(rack).tags(),
      )
      .compactString('fake')
      .int32(controller)
      .compactArray(topics, ({ error, name, id, internal, partitions }) =>
        out
          .int16(error)
          .compactString(name)
          .uuid(id)
          .boolean(internal)
          .compactArray(partitions, ({ partition, leader, leaderEpoch, replicas }) => {
            out.int16(0).int32(partition).int32(leader).int32(leaderEpoch);
            for (let list = 0; list < 3; list++) out.compactArray(replicas, (node) => out.int32(node));
            out.tags();
          })
          .int32(0)
          .tags(),
      )
      .int32(0)
      .tags();
  };
}

function createTopics(cluster: FakeState): Handler {
  return ({ reader }, out) => {
    const created = reader.array(() => {
      const name = reader.string();
      const partitions = reader.int32();
      reader.int16();
      reader.array(() => 0);
      const configs = new Map(reader.array(() => [reader.string(), reader.string()] as const));
      return { name, errorCode: codeOf(() => cluster.topics.create(name, partitions, configs)) };
    });
    out.int32(0).array(created, ({ name, errorCode }) => out.string(name).int16(errorCode).string(null));
  };
}

function deleteTopics(cluster: FakeState): Handler {
  return ({ reader }, out) => {
    const names = reader.array(() => reader.string());
    out.int32(0).array(names, (name) => out.string(name).int16(codeOf(() => cluster.topics.delete(name))));
  };
}

function deleteRecords(cluster: FakeState): Handler {
  return ({ node, reader }, out) => {
    const deleted = reader
      .array(() => {
        const topic = reader.string();
        return reader.array(() => ({ topic, partition: reader.int32(), offset: reader.int64() }));
      })
      .flat()
      .map(({ topic, partition, offset }) => ({
        topic,
        partition,
        errorCode: codeOf(() => cluster.topics.led(topic, partition, node).deleteBefore(offset)),
      }));
    out
      .int32(0)
      .array(byTopic(deleted), ({ topic, places }) =>
        out.string(topic).array(places, ({ partition, errorCode }) => out.int32(partition).int64(0).int16(errorCode)),
      );
  };
}

const defaults = new Map([
  ['retention.ms', '604800000'],
  ['cleanup.policy', 'delete'],
  ['delete.retention.ms', '86400000'],
  ['compression.type', 'producer'],
]);

function describeConfigs(cluster: FakeState): Handler {
  return ({ reader }, out) => {
    const asked = reader.array(() => {
      reader.int8();
      return { name: reader.string(), keys: reader.array(() => reader.string()) };
    });
    out.int32(0).array(asked, ({ name, keys }) => {
      const topic = cluster.topics.byName.get(name);
      out
        .int16(topic === undefined ? 3 : 0)
        .string(null)
        .int8(2)
        .string(name)
        .array(topic === undefined ? [] : keys, (key) =>
          out
            .string(key)
            .string(topic?.configs.get(key) ?? defaults.get(key) ?? null)
            .boolean(false)
            .int8(5)
            .boolean(false)
            .array([], () => out),
        );
    });
  };
}
