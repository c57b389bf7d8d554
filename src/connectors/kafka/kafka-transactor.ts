/**
 * The transactions of one transactional id, one after the other.
 *
 *   AddPartitionsToTxn --> Produce ----------.
 *   AddOffsetsToTxn ----> TxnOffsetCommit ----+--> EndTxn
 *
 *   idle --first request--> open --EndTxn(commit) is answered--> idle
 *     open --failure before EndTxn(commit)--> EndTxn(abort) --> idle, or spoiled when something was shipped early
 *     spoiled --abort()--> idle
 *     open --EndTxn(commit) without a clear answer: COMMIT_FAILED--> broken
 *     any  --newer epoch: FENCED, or unknown sequence numbers--> broken
 *
 * A broken transactor stays so: opening the id anew gives it a new epoch, decides what is in doubt and fences this one.
 */
import type { Commit, MemberId, PartitionOffset, SealedBatch, TopicPartition, Transactor } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { committedOffsets } from './committed-offsets.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import type { ProducerId } from './protocol/producer-id.ts';
import { SequencedProducer } from './sequenced-producer.ts';
import { TransactionRequests } from './transaction-requests.ts';

export class KafkaTransactor implements Transactor {
  readonly id: string;
  readonly #context: KafkaContext;
  readonly #timeoutMs: number;
  readonly #producer: ProducerId;
  readonly #requests: TransactionRequests;
  readonly #sender: SequencedProducer;
  #state: 'idle' | 'open' | 'spoiled' | 'broken' = 'idle';
  /** Why it is spoiled or broken. */
  #reason: StreamError | undefined;
  /** Outputs of the open transaction came before its commit. */
  #shipped = false;
  /** What the coordinator knows to belong to the open transaction. */
  readonly #partitions = new Set<string>();
  readonly #groups = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();

  /** Opens the id: fences its former holder and waits until what that one left open is decided. */
  static async open(context: KafkaContext, id: string, timeoutMs: number): Promise<KafkaTransactor> {
    const requests = new TransactionRequests(context, id);
    return new KafkaTransactor(context, id, timeoutMs, requests, await requests.open(timeoutMs));
  }

  private constructor(
    context: KafkaContext,
    id: string,
    timeoutMs: number,
    requests: TransactionRequests,
    producer: ProducerId,
  ) {
    this.id = id;
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#requests = requests;
    this.#producer = producer;
    this.#sender = new SequencedProducer(context, id, producer);
  }

  append(outputs: readonly SealedBatch[]): Promise<void> {
    return this.#inOrder(async () => {
      this.#check();
      if (outputs.length === 0) return;
      this.#shipped = true;
      await this.#orAbort([this.#send(outputs)]);
    });
  }

  commit({ outputs, offsets, member }: Commit): Promise<void> {
    return this.#inOrder(async () => {
      this.#check();
      const work: Promise<void>[] = [];
      if (outputs.length > 0) work.push(this.#send(outputs));
      if (offsets.length > 0) work.push(this.#sendOffsets(offsets, member));
      await this.#orAbort(work);
      if (this.#state === 'open') await this.#commitOpen();
    });
  }

  abort(): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#state === 'broken') throw this.#reason!;
      if (this.#state === 'open') await this.#abortOpen();
      this.#forget();
      this.#shipped = false;
    });
  }

  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    // A worker that vanished may have left a transaction open: its end comes with its timeout.
    const how = persistence(this.#context);
    const patient = { ...how, budgetMs: how.budgetMs + this.#timeoutMs };
    return committedOffsets(this.#context, group, partitions, { stable: true, how: patient });
  }

  close(): Promise<void> {
    return this.#inOrder(async () => {
      // When this fails the id has another holder or the transaction ends with its timeout: nothing is committed.
      if (this.#state === 'open') await this.#abortOpen().catch(() => undefined);
      this.#break(new StreamError('LOG_CLOSED', `transactional id '${this.id}' was closed`));
    });
  }

  async #send(outputs: readonly SealedBatch[]): Promise<void> {
    const added = new Map<string, TopicPartition>();
    for (const { topic, partition } of outputs) {
      const place = `${topic}/${partition}`;
      if (!this.#partitions.has(place)) added.set(place, { topic, partition });
    }
    if (added.size > 0) {
      this.#state = 'open';
      await this.#requests.addPartitions(this.#producer, [...added.values()]);
      for (const place of added.keys()) this.#partitions.add(place);
    }
    await this.#sender.send(outputs);
  }

  async #sendOffsets(offsets: readonly PartitionOffset[], member: MemberId): Promise<void> {
    if (!this.#groups.has(member.group)) {
      this.#state = 'open';
      await this.#requests.addOffsets(this.#producer, member.group);
      this.#groups.add(member.group);
    }
    await this.#requests.commitOffsets(this.#producer, member, offsets);
  }

  // Requests under way must have ended before the transaction may.
  async #orAbort(work: readonly Promise<void>[]): Promise<void> {
    const results = await Promise.allSettled(work);
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (failures.length === 0) return;
    const first = failures.find((error) => StreamError.is(error) && error.code === 'FENCED') ?? failures[0];
    const error = StreamError.from(first, 'COMMIT_FAILED', { reaction: 'rollback' });
    if (this.#state === 'open') await this.#abortOpen().catch(() => undefined); // it is broken then: `error` says why
    if (this.#sender.doubtful) this.#break(error);
    if (this.#shipped && this.#state === 'idle') {
      this.#state = 'spoiled';
      this.#reason = error;
    }
    throw error;
  }

  async #commitOpen(): Promise<void> {
    let tries = 0;
    try {
      await this.#requests.commit(this.#producer, () => tries++);
    } catch (thrown) {
      const error = StreamError.from(thrown, 'LOG_UNAVAILABLE');
      const clear = tries < 2 && error.code !== 'LOG_UNAVAILABLE';
      throw this.#break(clear ? error : this.#inDoubt(error));
    }
    this.#forget();
    this.#shipped = false;
  }

  async #abortOpen(): Promise<void> {
    try {
      await this.#requests.abort(this.#producer);
    } catch (thrown) {
      throw this.#break(StreamError.from(thrown, 'LOG_UNAVAILABLE', { reaction: 'rollback' }));
    }
    this.#forget();
  }

  // No transaction is open any more.
  #forget(): void {
    this.#state = 'idle';
    this.#reason = undefined;
    this.#partitions.clear();
    this.#groups.clear();
  }

  #break(reason: StreamError): StreamError {
    if (this.#state !== 'broken') this.#reason = reason;
    this.#state = 'broken';
    return this.#reason!;
  }

  #check(): void {
    const reason = this.#reason;
    if (reason === undefined) return;
    if (this.#state === 'broken' && reason.code !== 'COMMIT_FAILED') throw reason;
    throw new StreamError('COMMIT_FAILED', `transactional id '${this.id}' failed before: ${reason.reason}`, {
      cause: reason,
      reaction: 'rollback',
      remedy: this.#state === 'spoiled' ? 'Call abort() and send everything again.' : 'Open the id anew.',
    });
  }

  #inDoubt(cause: StreamError): StreamError {
    const reason = `nobody can say whether the transaction of '${this.id}' was committed: ${cause.reason}`;
    return new StreamError('COMMIT_FAILED', reason, { cause, reaction: 'rollback' });
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => undefined); // the caller got the failure; what follows sees the state
    return run;
  }
}
