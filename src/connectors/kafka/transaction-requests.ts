/**
 * The requests of a transactional producer, each repeated until it is answered for good. They share a connection with other
 * short requests and not with records, which wait for replicas.
 */
import type { MemberId, PartitionOffset, TopicPartition } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { CoordinatorClient, type Complaint, type CoordinatorRequest } from './coordinator-client.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import {
  addOffsetsToTxnApi,
  decodeAddOffsetsToTxnResponse,
  encodeAddOffsetsToTxnRequest,
} from './protocol/add-offsets-to-txn.ts';
import {
  addPartitionsToTxnApi,
  decodeAddPartitionsToTxnResponse,
  encodeAddPartitionsToTxnRequest,
} from './protocol/add-partitions-to-txn.ts';
import {
  decodeDescribeGroupsResponse,
  describeGroupsApi,
  encodeDescribeGroupsRequest,
} from './protocol/describe-groups.ts';
import { decodeEndTxnResponse, encodeEndTxnRequest, endTxnApi } from './protocol/end-txn.ts';
import {
  decodeInitProducerIdResponse,
  encodeInitProducerIdRequest,
  initProducerIdApi,
} from './protocol/init-producer-id.ts';
import type { PartitionError } from './protocol/partition-error.ts';
import type { ProducerId } from './protocol/producer-id.ts';
import {
  decodeTxnOffsetCommitResponse,
  encodeTxnOffsetCommitRequest,
  txnOffsetCommitApi,
} from './protocol/txn-offset-commit.ts';

export class TransactionRequests {
  readonly #context: KafkaContext;
  readonly #id: string;
  readonly #coordinator: CoordinatorClient;

  constructor(context: KafkaContext, id: string) {
    this.#context = context;
    this.#id = id;
    this.#coordinator = new CoordinatorClient(context, 'transaction', id);
  }

  /** A new epoch: the former holder of the id is fenced, and what it left open is decided when this resolves. */
  open(timeoutMs: number): Promise<ProducerId> {
    return this.#coordinator.call({
      what: `opening of a transactional id with a timeout of ${timeoutMs} ms`,
      api: initProducerIdApi,
      slot: 'control',
      body: encodeInitProducerIdRequest(this.#id, timeoutMs),
      decode: decodeInitProducerIdResponse,
      complaint: (answer) => answer,
    });
  }

  async addPartitions(producer: ProducerId, partitions: readonly TopicPartition[]): Promise<void> {
    // The coordinator may not have heard of a new topic yet; whether there is one is for the look-up of leaders to say.
    const { transport } = this.#context;
    await Promise.all(partitions.map(({ topic, partition }) => transport.leader(topic, partition)));
    await this.#coordinator.call({
      what: 'adding of partitions to a transaction',
      api: addPartitionsToTxnApi,
      slot: 'control',
      body: encodeAddPartitionsToTxnRequest(this.#id, producer, partitions),
      decode: decodeAddPartitionsToTxnResponse,
      complaint: worst,
    });
  }

  async addOffsets(producer: ProducerId, group: string): Promise<void> {
    await this.#coordinator.call({
      what: 'adding of offsets to a transaction',
      api: addOffsetsToTxnApi,
      slot: 'control',
      body: encodeAddOffsetsToTxnRequest(this.#id, producer, group),
      decode: decodeAddOffsetsToTxnResponse,
      complaint: (errorCode) => ({ errorCode }),
    });
  }

  async commitOffsets(producer: ProducerId, member: MemberId, offsets: readonly PartitionOffset[]): Promise<void> {
    const coordinator = new CoordinatorClient(this.#context, 'group', member.group);
    if (member.generation < 0) await checkEmpty(coordinator, member.group);
    await coordinator.call({
      what: 'commit of offsets',
      api: txnOffsetCommitApi,
      slot: 'control',
      body: encodeTxnOffsetCommitRequest(this.#id, producer, member, offsets),
      decode: decodeTxnOffsetCommitResponse,
      complaint: worst,
    });
  }

  /** `onTry` is called before each request that may reach the coordinator. */
  async commit(producer: ProducerId, onTry: () => void): Promise<void> {
    await this.#coordinator.call(this.#end(producer, true), { ...persistence(this.#context), onTry });
  }

  /** Also when there is nothing to abort. */
  async abort(producer: ProducerId): Promise<void> {
    await this.#coordinator.call(this.#end(producer, false));
  }

  #end(producer: ProducerId, commit: boolean): CoordinatorRequest<number> {
    return {
      what: commit ? 'commit of a transaction' : 'abort of a transaction',
      api: endTxnApi,
      slot: 'control',
      body: encodeEndTxnRequest(this.#id, producer, commit),
      decode: decodeEndTxnResponse,
      complaint: (errorCode) => ({ errorCode: errorCode === invalidState && !commit ? 0 : errorCode }),
    };
  }
}

const invalidState = 48;
// The coordinator takes the offsets of whoever does not claim to be a member, also while there are members.
async function checkEmpty(coordinator: CoordinatorClient, group: string): Promise<void> {
  const { state } = await coordinator.call({
    what: 'look-up of a group',
    api: describeGroupsApi,
    slot: 'control',
    body: encodeDescribeGroupsRequest(group),
    decode: decodeDescribeGroupsResponse,
    complaint: (answer) => answer,
  });
  if (state === 'Empty' || state === 'Dead') return;
  throw new StreamError('FENCED', `group '${group}' has members, which alone may commit for it`, {
    reaction: 'rollback',
    remedy: 'Stop them first.',
  });
}

const unknownTopic = 3;
const coordinatorNotAvailable = 15;
const notAttempted = 55;

// The error that made the others fail.
function worst(errors: readonly PartitionError[]): Complaint | undefined {
  const found = errors.filter(({ errorCode }) => errorCode !== 0);
  const first = found.find(({ errorCode }) => errorCode !== notAttempted) ?? found[0];
  // The coordinator hears of new topics a little later than the one who created them.
  return first?.errorCode === unknownTopic ? { ...first, errorCode: coordinatorNotAvailable } : first;
}
