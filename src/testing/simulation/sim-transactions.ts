/**
 * The transaction coordinator of the simulated log.
 *
 *   open --end--> committed | aborted --a marker lands on each partition and group, at its own time--> complete
 *     \--timeout, or its id is opened again--> aborted, epoch bumped: the former holder is fenced
 *
 * The next transaction of an id, and the next holder of it, wait until the former one is complete.
 */
import type { Timer } from '../../core/clock.ts';
import type { MemberId, PartitionOffset } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { SimGroups } from './sim-groups.ts';
import type { SimPartition } from './sim-partition.ts';
import { randomLatency } from './seeded-random.ts';
import type { Scheduler } from './scheduler.ts';

export interface SimTransaction {
  readonly id: string;
  outcome: 'open' | 'committed' | 'aborted';
  readonly partitions: Set<SimPartition>;
  readonly groups: Set<string>;
  /** Markers that have not landed. */
  missing: number;
  readonly startedAt: number;
}

interface Producer {
  epoch: number;
  timeoutMs: number;
  current: SimTransaction | undefined;
  timeout: Timer | undefined;
  /** Called when the current transaction is complete. */
  readonly waiting: (() => void)[];
}

/** What a holder of an id has in hand. */
export interface ProducerEpoch {
  readonly id: string;
  readonly epoch: number;
}

export class SimTransactions {
  readonly #scheduler: Scheduler;
  readonly #groups: SimGroups;
  readonly #markerMs: number;
  readonly #producers = new Map<string, Producer>();

  /** `markerMs`: typical time until a marker lands. */
  constructor(scheduler: Scheduler, groups: SimGroups, markerMs: number) {
    this.#scheduler = scheduler;
    this.#groups = groups;
    this.#markerMs = markerMs;
  }

  /** Opens an id: fences its holder, aborts what that one left open, waits until nothing of it is in doubt. */
  async open(id: string, timeoutMs: number): Promise<ProducerEpoch> {
    let producer = this.#producers.get(id);
    if (producer === undefined) {
      producer = { epoch: 0, timeoutMs, current: undefined, timeout: undefined, waiting: [] };
      this.#producers.set(id, producer);
    }
    producer.epoch++;
    producer.timeoutMs = timeoutMs;
    const { epoch } = producer;
    if (producer.current?.outcome === 'open') this.#end(producer, 'aborted');
    await this.#complete(producer);
    if (producer.epoch !== epoch) throw fenced(id);
    return { id, epoch };
  }

  /** The open transaction of a holder; begins one when there is none. */
  async begin(holder: ProducerEpoch): Promise<SimTransaction> {
    const producer = this.#check(holder);
    while (producer.current !== undefined) {
      if (producer.current.outcome === 'open') return producer.current;
      await this.#complete(producer);
      this.#check(holder);
    }
    const transaction: SimTransaction = {
      id: holder.id,
      outcome: 'open',
      partitions: new Set(),
      groups: new Set(),
      missing: 0,
      startedAt: this.#scheduler.time,
    };
    producer.current = transaction;
    producer.timeout = this.#scheduler.at(producer.timeoutMs, 'transaction timeout', () => {
      producer.epoch++;
      this.#end(producer, 'aborted');
    });
    return transaction;
  }

  append(holder: ProducerEpoch, transaction: SimTransaction, partition: SimPartition, bytes: Buffer): void {
    this.#check(holder);
    if (transaction.outcome !== 'open') throw fenced(holder.id);
    transaction.partitions.add(partition);
    partition.append(bytes, transaction);
  }

  offsets(
    holder: ProducerEpoch,
    transaction: SimTransaction,
    member: MemberId,
    offsets: readonly PartitionOffset[],
  ): void {
    this.#check(holder);
    if (transaction.outcome !== 'open') throw fenced(holder.id);
    this.#groups.check(member);
    transaction.groups.add(member.group);
    this.#groups.stage(member.group, transaction, offsets);
  }

  end(holder: ProducerEpoch, outcome: 'committed' | 'aborted'): void {
    const producer = this.#check(holder);
    if (producer.current?.outcome === 'open') this.#end(producer, outcome);
  }

  /** Transactions whose markers have not all landed. */
  get unfinished(): number {
    let count = 0;
    for (const { current } of this.#producers.values()) if (current !== undefined) count++;
    return count;
  }

  /** Fails when the holder's epoch is not the current one. */
  check(holder: ProducerEpoch): void {
    this.#check(holder);
  }

  #check(holder: ProducerEpoch): Producer {
    const producer = this.#producers.get(holder.id);
    if (producer?.epoch !== holder.epoch) throw fenced(holder.id);
    return producer;
  }

  #end(producer: Producer, outcome: 'committed' | 'aborted'): void {
    const transaction = producer.current!;
    producer.timeout?.cancel();
    transaction.outcome = outcome;
    const landings = [
      ...[...transaction.partitions].map((partition) => () => partition.land(transaction)),
      ...[...transaction.groups].map((group) => () => this.#groups.land(group, transaction)),
    ];
    transaction.missing = landings.length;
    const landed = (): void => {
      if (--transaction.missing > 0) return;
      this.#finish(producer);
    };
    if (landings.length === 0) this.#finish(producer);
    for (const land of landings) {
      this.#scheduler.at(randomLatency(this.#scheduler.random, this.#markerMs), 'marker', () => {
        land();
        landed();
      });
    }
  }

  #finish(producer: Producer): void {
    producer.current = undefined;
    for (const wake of producer.waiting.splice(0)) wake();
  }

  #complete(producer: Producer): Promise<void> | undefined {
    if (producer.current === undefined) return undefined;
    return new Promise((resolve) => producer.waiting.push(resolve));
  }
}

function fenced(id: string): StreamError {
  return new StreamError('FENCED', `transactional id ${id} was opened by another holder, or timed out`, {
    reaction: 'rollback',
  });
}
