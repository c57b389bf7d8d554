/** Metadata v10: brokers, controller, topics with their ids, partitions and leaders. */
import type { ClusterView, PartitionView, TopicView } from '../transport/kafka-transport.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const metadataApi = { apiKey: 3, version: 10, flexible: true } as const;

const noTopicId = Buffer.alloc(16).toString('base64url');

/** `topics` undefined: all of them. */
export function encodeMetadataRequest(topics: readonly string[] | undefined): Buffer {
  return new RequestWriter()
    .compactArray(topics ?? null, (name, writer) => writer.uuid(noTopicId).compactString(name).tags())
    .boolean(false) // create topics that do not exist
    .boolean(false) // include the cluster's permissions
    .boolean(false) // and those of topics
    .tags()
    .finish();
}

export function decodeMetadataResponse(body: Buffer): ClusterView {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  const brokers = reader.compactArray((each) => {
    const broker = {
      node: each.int32(),
      host: each.compactString(),
      port: each.int32(),
      rack: each.compactNullableString(),
    };
    each.tags();
    return broker;
  });
  reader.compactNullableString(); // cluster id
  const controller = reader.int32();
  return { controller, brokers, topics: reader.compactArray(readTopic) };
}

function readTopic(reader: ResponseReader): TopicView {
  const error = reader.int16();
  const name = reader.compactString();
  const id = reader.uuid();
  const internal = reader.boolean();
  const partitions = reader.compactArray(readPartition).sort((a, b) => a.partition - b.partition);
  reader.int32(); // permissions
  reader.tags();
  return { name, id, internal, error, partitions };
}

function readPartition(reader: ResponseReader): PartitionView {
  reader.int16(); // error: a missing leader shows as -1
  const partition = reader.int32();
  const leader = reader.int32();
  const leaderEpoch = reader.int32();
  const replicas = reader.compactArray((each) => each.int32());
  reader.compactArray((each) => each.int32()); // in sync
  reader.compactArray((each) => each.int32()); // offline
  reader.tags();
  return { partition, leader, leaderEpoch, replicas };
}
