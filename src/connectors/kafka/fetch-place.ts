import type { FetchedPartition, TopicPartition } from '../../core/log.ts';
import type { StreamError } from '../../core/stream-error.ts';
import type { SharedSlab } from './batch-memory.ts';
import type { PartitionAnswer } from './protocol/fetch.ts';

/** An answer that nobody has taken yet. */
export interface Landed {
  readonly answer: PartitionAnswer;
  /** The offset that was asked for: the answer is of no use for another. */
  readonly from: number;
  readonly committed: boolean;
  /** Wall time of the question, ms. */
  readonly askedAt: number;
  /** Memory of the answer. */
  readonly slab: SharedSlab;
}

export interface FetchTarget {
  readonly node: number;
  readonly leaderEpoch: number;
  /** A replica nearby instead of the leader. */
  readonly replica?: boolean;
}

/** What a reader knows about one partition. */
export class FetchPlace implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Whom to ask; undefined: to be looked up. */
  target: FetchTarget | undefined;
  /** Where to read next, as the caller has it. */
  position = -1;
  /** Up to where there was something to read at the last answer; -1: not known. */
  readable = -1;
  /** A question for it, or for its leader, is under way. */
  asking = false;
  landed: Landed | undefined;
  /** The last answer without anything to read. */
  empty: FetchedPartition | undefined;
  /** What the caller must be told. */
  failure: StreamError | undefined;
  /** Failures that may pass, in a row: their number, when they began and until when to leave the cluster alone. */
  trouble: { readonly count: number; readonly since: number; readonly until: number } | undefined;
  /** Calls of the reader: whose question was answered last, and which was given records last. */
  answeredCall = 0;
  servedCall = 0;
  /** Monotonic time of the last call that wanted it. */
  wantedAt = 0;
  #committed = true;

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic;
    this.partition = partition;
  }

  /** The caller wants to read from here. */
  want(offset: number, committed: boolean, now: number): void {
    this.wantedAt = now;
    if (this.position === offset && this.#committed === committed) return;
    this.position = offset;
    this.#committed = committed;
    this.empty = undefined;
    this.failure = undefined;
  }

  /** More is known to be there, or nothing is known: an answer will not take long. */
  get behind(): boolean {
    return this.position < this.readable || this.readable < 0;
  }
}
