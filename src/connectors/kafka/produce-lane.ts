/**
 * The batches of one partition on their way, oldest first. Sequence numbers are given once: a batch that is sent again is
 * the same to the byte, so the broker drops what it has already.
 *
 *   | acknowledged | in flight | waiting |
 *                  ^ acked     ^ sent
 *
 * A failure takes `sent` back to `acked` once nothing is in flight.
 */
import type { TopicPartition } from '../../core/log.ts';
import type { StreamError } from '../../core/stream-error.ts';
import type { OutgoingBatch } from './protocol/produce.ts';

/** Sequence numbers are 31 bits and start again at 0. */
const sequences = 2 ** 31;

export class ProduceLane implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** The sequence number after the last batch acknowledged. */
  nextSequence: number;
  /** What went wrong since the last wave was sent. */
  failure: StreamError | undefined;
  readonly #batches: OutgoingBatch[] = [];
  #lastSequence: number;
  #acked = 0;
  #sent = 0;
  #doubt = false;

  constructor({ topic, partition }: TopicPartition, nextSequence: number) {
    this.topic = topic;
    this.partition = partition;
    this.nextSequence = nextSequence;
    this.#lastSequence = nextSequence;
  }

  get done(): boolean {
    return this.#acked === this.#batches.length;
  }

  /** A batch that is not acknowledged may have been appended all the same. */
  get doubt(): boolean {
    return this.#doubt && !this.done;
  }

  /** Adds a batch, as it is sent. */
  add(batch: Buffer): void {
    const { topic, partition } = this;
    this.#batches.push({ topic, partition, bytes: batch, baseSequence: this.#lastSequence });
    this.#lastSequence = sequenceAfter(this.#lastSequence, batch);
  }

  /** The next batch to send. */
  take(): OutgoingBatch | undefined {
    return this.#batches[this.#sent++];
  }

  acknowledge(batch: OutgoingBatch): void {
    if (this.#batches[this.#acked] !== batch) return; // an older one failed: this one is sent again and recognized
    this.#acked++;
    this.nextSequence = sequenceAfter(batch.baseSequence, batch.bytes);
  }

  fail(error: StreamError, maybeAppended: boolean): void {
    this.failure ??= error;
    this.#doubt ||= maybeAppended;
  }

  /** Before another wave: everything that is not acknowledged is to be sent again. */
  rewind(): void {
    this.failure = undefined;
    this.#sent = this.#acked;
  }
}

function sequenceAfter(sequence: number, batch: Buffer): number {
  return (sequence + batch.readInt32BE(23) + 1) % sequences;
}
