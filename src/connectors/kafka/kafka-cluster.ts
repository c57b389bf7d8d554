import type { BrokerNode, ClusterTools, GroupMemberView } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { CoordinatorClient } from './coordinator-client.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import { persist } from './persist.ts';
import {
  createPartitionsApi,
  decodeCreatePartitionsResponse,
  encodeCreatePartitionsRequest,
} from './protocol/create-partitions.ts';
import { decodeDeleteGroupsResponse, deleteGroupsApi, encodeDeleteGroupsRequest } from './protocol/delete-groups.ts';
import { decodeDeleteTopicsResponse, deleteTopicsApi, encodeDeleteTopicsRequest } from './protocol/delete-topics.ts';
import {
  decodeDescribeConfigsResponse,
  describeConfigsApi,
  encodeDescribeConfigsRequest,
} from './protocol/describe-configs.ts';
import {
  decodeDescribeGroupsResponse,
  describeGroupsApi,
  encodeDescribeGroupsRequest,
} from './protocol/describe-groups.ts';
import { brokerError, brokerFailure } from './protocol/errors.ts';
import {
  decodeLeaveGroupResponse,
  encodeLeaveGroupRequest,
  leaveGroupApi,
  type LeavingMember,
} from './protocol/leave-group.ts';
import { topicsByBroker } from './topics-by-broker.ts';

const unknownTopic = 3;
const notController = 41;
const invalidPartitions = 37;
const unknownMember = 25;
const unknownGroup = 69;

/** What is done to a cluster beside running jobs on it. */
export class KafkaCluster implements ClusterTools {
  readonly #context: KafkaContext;

  constructor(context: KafkaContext) {
    this.#context = context;
  }

  async brokers(): Promise<readonly BrokerNode[]> {
    const { brokers } = await persist(persistence(this.#context), () => this.#context.transport.metadata([]));
    return brokers.map(({ node, host, port, rack }) => ({ node, host, port, rack: rack ?? undefined }));
  }

  async positionsKeptMs(): Promise<number | undefined> {
    const key = 'offsets.retention.minutes';
    const values = await Promise.all((await this.brokers()).map(({ node }) => this.#brokerSetting(node, key)));
    const minutes = values.flatMap((value) => (value === undefined ? [] : [Number(value)]));
    // Any of them may be the one that keeps a group's positions.
    return minutes.length < values.length ? undefined : Math.min(...minutes) * 60_000;
  }

  async checkIdle(group: string): Promise<void> {
    const members = await membersOf(new CoordinatorClient(this.#context, 'group', group), group);
    if (members.length > 0) throw stillThere(group, members);
  }

  async deleteGroup(group: string, { force = false }: { readonly force?: boolean } = {}): Promise<void> {
    const coordinator = new CoordinatorClient(this.#context, 'group', group);
    const members = await membersOf(coordinator, group);
    if (members.length > 0) {
      if (!force) throw stillThere(group, members);
      await coordinator.call({
        what: 'removal of members',
        api: leaveGroupApi,
        slot: 'control',
        body: encodeLeaveGroupRequest(group, members.map(placeOf)),
        decode: decodeLeaveGroupResponse,
        complaint: (errorCode) => (errorCode === unknownMember ? undefined : { errorCode }),
      });
    }
    await coordinator.call({
      what: 'deletion of the group',
      api: deleteGroupsApi,
      slot: 'control',
      body: encodeDeleteGroupsRequest(group),
      decode: decodeDeleteGroupsResponse,
      complaint: ({ errorCode }) => (errorCode === unknownGroup ? undefined : { errorCode }),
    });
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const { settings } = this.#context;
    const body = encodeDeleteTopicsRequest(names, settings.requestTimeoutMs);
    const how = persistence(this.#context);
    const { topics } = await persist(how, () => this.#context.transport.metadata(names));
    await persist(how, async () => {
      const answers = decodeDeleteTopicsResponse(await this.#askController(deleteTopicsApi, body));
      for (const { topic, errorCode } of answers) {
        if (errorCode !== unknownTopic) this.#check(errorCode, 'deleting the topic', topic);
      }
    });
    for (const topic of names) this.#context.transport.invalidate({ topic });
    const gone = new Set(topics.flatMap(({ error, id }) => (error === 0 ? [id] : [])));
    await persist(how, () => this.#checkGone(names, gone));
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    const { settings, transport } = this.#context;
    const body = encodeCreatePartitionsRequest(topic, count, settings.requestTimeoutMs);
    await persist(persistence(this.#context), async () => {
      const { errorCode, message } = decodeCreatePartitionsResponse(
        await this.#askController(createPartitionsApi, body),
      );
      // Somebody else may have been first.
      if (errorCode === invalidPartitions && (await this.#partitionsOf(topic)) >= count) return;
      this.#check(errorCode, 'adding partitions to the topic', topic, message);
    });
    transport.invalidate({ topic });
  }

  // Only the broker itself tells its own settings. Undefined: not to this user, or it has none of this name.
  async #brokerSetting(node: number, key: string): Promise<string | undefined> {
    const { apiKey, version } = describeConfigsApi;
    const body = encodeDescribeConfigsRequest('broker', [String(node)], [key]);
    const [answer] = await persist(persistence(this.#context), async () =>
      decodeDescribeConfigsResponse(await this.#context.transport.send(node, 'control', apiKey, version, body)),
    );
    const { errorCode, message, configs } = answer!;
    if (errorCode !== 0 && brokerError(errorCode).code !== 'NOT_AUTHORIZED') {
      throw brokerFailure(errorCode, `the look-up of settings of broker ${node}`, {}, message);
    }
    return configs.get(key);
  }

  // One of the same name may have been made meanwhile: that is another.
  async #checkGone(names: readonly string[], gone: ReadonlySet<string>): Promise<void> {
    for (const { node, topics } of await topicsByBroker(this.#context, names)) {
      for (const { name, error, id } of topics) {
        if (error !== 0 || !gone.has(id)) continue;
        throw new StreamError('LOG_UNAVAILABLE', `broker ${node} still knows the deleted topic`, { topic: name });
      }
    }
  }

  async #partitionsOf(topic: string): Promise<number> {
    const { topics } = await this.#context.transport.metadata([topic]);
    return topics[0]?.partitions.length ?? 0;
  }

  async #askController(api: { readonly apiKey: number; readonly version: number }, body: Buffer): Promise<Buffer> {
    const { transport } = this.#context;
    return await transport.send(await transport.controller(), 'control', api.apiKey, api.version, body);
  }

  #check(errorCode: number, what: string, topic: string, message: string | null = null): void {
    if (errorCode === 0) return;
    if (errorCode === notController) this.#context.transport.invalidate({ controller: true });
    throw brokerFailure(errorCode, what, { topic }, message);
  }
}

async function membersOf(coordinator: CoordinatorClient, group: string): Promise<readonly GroupMemberView[]> {
  const { members } = await coordinator.call({
    what: 'look-up of the group',
    api: describeGroupsApi,
    slot: 'control',
    body: encodeDescribeGroupsRequest(group),
    decode: decodeDescribeGroupsResponse,
    complaint: (answer) => answer,
  });
  return members;
}

// A static member is known by its instance: its id may have changed since we looked.
function placeOf({ memberId, instanceId }: GroupMemberView): LeavingMember {
  return instanceId === undefined ? { memberId } : { memberId: '', instanceId };
}

function stillThere(group: string, members: readonly GroupMemberView[]): StreamError {
  const names = members.map(({ memberId, instanceId, host }) => `${instanceId ?? memberId} (${host.replace('/', '')})`);
  const keeps = members.some(({ instanceId }) => instanceId !== undefined);
  const stopped =
    'Stopped processes of a given instance name keep their place for the session timeout: wait that long, or remove them with --force (reset, restore).';
  return new StreamError('FENCED', `group '${group}' has members: ${names.join(', ')}`, {
    reaction: 'fail-job',
    remedy: `Stop all workers of the job first.${keeps ? ` ${stopped}` : ''}`,
  });
}
