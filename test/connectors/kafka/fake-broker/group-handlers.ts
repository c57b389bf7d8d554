import { deleteGroupsApi } from '../../../../src/connectors/kafka/protocol/delete-groups.ts';
import { describeGroupsApi } from '../../../../src/connectors/kafka/protocol/describe-groups.ts';
import { heartbeatApi } from '../../../../src/connectors/kafka/protocol/heartbeat.ts';
import { joinGroupApi, type JoinGroupResponse } from '../../../../src/connectors/kafka/protocol/join-group.ts';
import { leaveGroupApi } from '../../../../src/connectors/kafka/protocol/leave-group.ts';
import { offsetCommitApi } from '../../../../src/connectors/kafka/protocol/offset-commit.ts';
import { offsetFetchApi } from '../../../../src/connectors/kafka/protocol/offset-fetch.ts';
import { syncGroupApi } from '../../../../src/connectors/kafka/protocol/sync-group.ts';
import { byTopic } from '../../../../src/connectors/kafka/protocol/by-topic.ts';
import type { FakeState, Handler } from './handler.ts';
import { failed } from './fake-groups.ts';
import { codeOf, KafkaError, kafkaError } from './kafka-error.ts';

/** JoinGroup, SyncGroup, Heartbeat, LeaveGroup, DescribeGroups, DeleteGroups, OffsetCommit, OffsetFetch. */
export function groupHandlers(cluster: FakeState): [number, Handler][] {
  return [
    [joinGroupApi.apiKey, join(cluster)],
    [syncGroupApi.apiKey, sync(cluster)],
    [heartbeatApi.apiKey, heartbeat(cluster)],
    [leaveGroupApi.apiKey, leave(cluster)],
    [describeGroupsApi.apiKey, describe(cluster)],
    [deleteGroupsApi.apiKey, remove(cluster)],
    [offsetCommitApi.apiKey, offsetCommit(cluster)],
    [offsetFetchApi.apiKey, offsetFetch(cluster)],
  ];
}

function join(cluster: FakeState): Handler {
  return async ({ reader }, out) => {
    const head = {
      group: reader.string(),
      sessionTimeoutMs: reader.int32(),
      rebalanceTimeoutMs: reader.int32(),
      memberId: reader.string(),
      instanceId: reader.nullableString() ?? undefined,
      protocolType: reader.string(),
    };
    const [first] = reader.array(() => ({ protocol: reader.string(), metadata: Buffer.from(reader.bytes()) }));
    const request = { ...head, ...first! };
    let answer: JoinGroupResponse;
    try {
      answer = await cluster.groups.group(request.group).join(request);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      answer = failed(error.code);
    }
    out
      .int32(0)
      .int16(answer.errorCode)
      .int32(answer.generation)
      .string(first!.protocol)
      .string(answer.leader)
      .string(answer.memberId)
      .array(answer.members, ({ memberId, metadata }) => out.string(memberId).string(null).bytes(metadata));
  };
}

function sync(cluster: FakeState): Handler {
  return async ({ reader }, out) => {
    const request = {
      group: reader.string(),
      generation: reader.int32(),
      memberId: reader.string(),
      instanceId: reader.nullableString() ?? undefined,
      assignments: new Map(reader.array(() => [reader.string(), Buffer.from(reader.bytes())] as const)),
    };
    try {
      out
        .int32(0)
        .int16(0)
        .bytes(await cluster.groups.group(request.group).sync(request));
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      out.int32(0).int16(error.code).bytes(null);
    }
  };
}

function heartbeat(cluster: FakeState): Handler {
  return ({ reader }, out) => {
    const [group, generation, memberId] = [reader.string(), reader.int32(), reader.string()];
    const instanceId = reader.nullableString() ?? undefined;
    out.int32(0).int16(codeOf(() => cluster.groups.group(group).heartbeat(memberId, generation, instanceId)));
  };
}

function leave(cluster: FakeState): Handler {
  return ({ reader }, out) => {
    const group = reader.string();
    const left = reader.array(() => ({ memberId: reader.string(), instanceId: reader.nullableString() }));
    out
      .int32(0)
      .int16(0)
      .array(left, ({ memberId, instanceId }) =>
        out
          .string(memberId)
          .string(instanceId)
          .int16(codeOf(() => cluster.groups.group(group).leave(memberId, instanceId ?? undefined))),
      );
  };
}

function describe(cluster: FakeState): Handler {
  return ({ reader }, out) => {
    out.int32(0).array(
      reader.array(() => reader.string()),
      (group) => {
        const members = [...cluster.groups.group(group).members.values()];
        return out
          .int16(0)
          .string(group)
          .string(members.length === 0 ? 'Empty' : 'Stable')
          .string('millrace')
          .string('')
          .array(members, ({ id, instanceId }) =>
            out
              .string(id)
              .string(instanceId ?? null)
              .string('client')
              .string('/127.0.0.1')
              .bytes(Buffer.alloc(0))
              .bytes(Buffer.alloc(0)),
          )
          .int32(-1);
      },
    );
  };
}

function remove({ groups, transactions }: FakeState): Handler {
  return ({ reader }, out) => {
    out.int32(0).array(
      reader.array(() => reader.string()),
      (group) =>
        out.string(group).int16(
          codeOf(() => {
            if (groups.group(group).members.size > 0) throw kafkaError.nonEmptyGroup;
            transactions.offsets.deleteGroup(group);
          }),
        ),
    );
  };
}

function offsetCommit({ groups, transactions }: FakeState): Handler {
  return ({ reader }, out) => {
    const [group, generation, memberId] = [reader.string(), reader.int32(), reader.string()];
    reader.nullableString();
    const offsets = reader
      .array(() => {
        const topic = reader.string();
        return reader.array(() => {
          const place = { topic, partition: reader.int32(), offset: reader.int64() };
          reader.int32();
          reader.nullableString();
          return place;
        });
      })
      .flat();
    const errorCode = codeOf(() => {
      groups.check(group, memberId, generation);
      transactions.offsets.commit(group, offsets);
    });
    out
      .int32(0)
      .array(byTopic(offsets), ({ topic, places }) =>
        out.string(topic).array(places, ({ partition }) => out.int32(partition).int16(errorCode)),
      );
  };
}

function offsetFetch(cluster: FakeState): Handler {
  return ({ reader }, out) => {
    const group = reader.compactString();
    const places = reader
      .compactArray(() => {
        const topic = reader.compactString();
        const partitions = reader.compactArray(() => ({ topic, partition: reader.int32() }));
        reader.tags();
        return partitions;
      })
      .flat();
    const stable = reader.boolean();
    const { offsets } = cluster.transactions;
    out
      .int32(0)
      .compactArray(byTopic(places), ({ topic, places: asked }) =>
        out
          .compactString(topic)
          .compactArray(asked, (place) => {
            const unstable = stable && offsets.unstable(group, place);
            out
              .int32(place.partition)
              .int64(unstable ? -1 : (offsets.get(group, place) ?? -1))
              .int32(-1)
              .compactString('')
              .int16(unstable ? kafkaError.unstableOffset.code : 0)
              .tags();
          })
          .tags(),
      )
      .int16(0)
      .tags();
  };
}
