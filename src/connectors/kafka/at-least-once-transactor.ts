/**
 * The cheaper mode: outputs are not part of a transaction. They are written and acknowledged first, and seen at once; then
 * state and positions follow, together.
 *
 *   outputs --Produce, all replicas in sync--> visible
 *     then  --with changelog records--> one transaction: changelog + offsets
 *           --without any--> OffsetCommit
 *
 * What is given up in between is done again, so records come twice after a crash; none is lost. State keeps its
 * transaction, because it must agree with the positions, and because a worker that was stopped and wakes up must not
 * write over the rows of its successor.
 */
import type { Commit, MemberId, PartitionOffset, SealedBatch, TopicPartition, Transactor } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { CoordinatorClient } from './coordinator-client.ts';
import type { KafkaContext } from './kafka-context.ts';
import { KafkaTransactor } from './kafka-transactor.ts';
import { decodeOffsetCommitResponse, encodeOffsetCommitRequest, offsetCommitApi } from './protocol/offset-commit.ts';
import {
  decodeInitProducerIdResponse,
  encodeInitProducerIdRequest,
  initProducerIdApi,
} from './protocol/init-producer-id.ts';
import { SequencedProducer } from './sequenced-producer.ts';
import { isChangelog } from './topic-settings.ts';

export class AtLeastOnceTransactor implements Transactor {
  readonly id: string;
  readonly #context: KafkaContext;
  /** Of state; opening it fences the former holder of the id. */
  readonly #state: KafkaTransactor;
  #producer: Promise<SequencedProducer> | undefined;
  /** Outputs of a commit that failed after they had been written: when it is tried again they stay as they are. */
  #delivered: readonly SealedBatch[] | undefined;
  #failure: StreamError | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  static async open(context: KafkaContext, id: string, timeoutMs: number): Promise<AtLeastOnceTransactor> {
    return new AtLeastOnceTransactor(context, await KafkaTransactor.open(context, id, timeoutMs));
  }

  private constructor(context: KafkaContext, state: KafkaTransactor) {
    this.id = state.id;
    this.#context = context;
    this.#state = state;
  }

  append(outputs: readonly SealedBatch[]): Promise<void> {
    return this.#inOrder(async () => {
      const [records, rows] = parted(outputs);
      await this.#write(records);
      await this.#state.append(rows);
    });
  }

  commit(commit: Commit): Promise<void> {
    return this.#inOrder(async () => {
      const { outputs, offsets, member } = commit;
      const [records, rows] = parted(outputs);
      if (this.#delivered !== outputs) await this.#write(records);
      this.#delivered = outputs;
      // An outsider's offsets are taken only while the group has no members: the other way checks that.
      if (rows.length > 0 || member.generation < 0) await this.#state.commit({ ...commit, outputs: rows });
      else if (offsets.length > 0) await this.#commitOffsets(member, offsets);
      this.#delivered = undefined;
    });
  }

  abort(): Promise<void> {
    return this.#inOrder(() => this.#state.abort());
  }

  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return this.#state.committed(group, partitions);
  }

  close(): Promise<void> {
    return this.#inOrder(() => this.#state.close());
  }

  async #write(records: readonly SealedBatch[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (records.length === 0) return;
    const producer = await (this.#producer ??= this.#openProducer());
    try {
      await producer.send(records);
    } catch (thrown) {
      const error = StreamError.from(thrown, 'COMMIT_FAILED', { reaction: 'rollback' });
      this.#failure = error; // sequence numbers are in doubt: the next holder of the id has new ones
      throw error;
    }
  }

  // Any broker gives out ids of producers that have no name.
  async #openProducer(): Promise<SequencedProducer> {
    try {
      const producer = await new CoordinatorClient(this.#context, 'transaction', this.id).call({
        what: 'opening of a producer',
        api: initProducerIdApi,
        slot: 'control',
        body: encodeInitProducerIdRequest(null, 0),
        decode: decodeInitProducerIdResponse,
        complaint: (answer) => answer,
      });
      return new SequencedProducer(this.#context, null, producer);
    } catch (error) {
      this.#producer = undefined;
      throw error;
    }
  }

  async #commitOffsets(member: MemberId, offsets: readonly PartitionOffset[]): Promise<void> {
    await new CoordinatorClient(this.#context, 'group', member.group).call({
      what: 'commit of offsets',
      api: offsetCommitApi,
      slot: 'control',
      body: encodeOffsetCommitRequest(member, offsets),
      decode: decodeOffsetCommitResponse,
      complaint: (errors) => errors.find(({ errorCode }) => errorCode !== 0),
    });
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => undefined); // the caller got the failure
    return run;
  }
}

/** Records for others, and rows of changelogs. */
function parted(outputs: readonly SealedBatch[]): readonly [readonly SealedBatch[], readonly SealedBatch[]] {
  return [outputs.filter(({ topic }) => !isChangelog(topic)), outputs.filter(({ topic }) => isChangelog(topic))];
}
