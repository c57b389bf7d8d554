/**
 * The transaction coordinator.
 *
 *   idle --AddPartitions, AddOffsets--> open --EndTxn, or the time is over--> ending (51 to all) --markers--> idle
 */
import type { Clock, Timer } from '../../../../src/core/clock.ts';
import type { PartitionOffset, TopicPartition } from '../../../../src/core/log.ts';
import type { ProducerId } from '../../../../src/connectors/kafka/protocol/producer-id.ts';
import { FakeOffsets } from './fake-offsets.ts';
import type { FakePartition } from './fake-partition.ts';
import { kafkaError } from './kafka-error.ts';

interface Transaction {
  producerId: number;
  producerEpoch: number;
  timeoutMs: number;
  state: 'idle' | 'open' | 'ending';
  readonly partitions: Map<string, FakePartition>;
  readonly groups: Set<string>;
  timer: Timer | undefined;
}

export class FakeTransactions {
  readonly offsets = new FakeOffsets();
  readonly #clock: Clock;
  readonly #partition: (place: TopicPartition) => FakePartition;
  readonly #onEnd: () => void;
  #unnamed = 0;
  readonly #byId = new Map<string, Transaction>();

  constructor(clock: Clock, partition: (place: TopicPartition) => FakePartition, onEnd: () => void) {
    this.#clock = clock;
    this.#partition = partition;
    this.#onEnd = onEnd;
  }

  /** A producer outside of transactions. */
  unnamed(): ProducerId {
    return { producerId: 5000 + this.#unnamed++, producerEpoch: 0 };
  }

  open(id: string, timeoutMs: number): ProducerId {
    const known = this.#byId.get(id);
    if (known === undefined) {
      const producerId = 1000 + this.#byId.size;
      const none = { partitions: new Map<string, FakePartition>(), groups: new Set<string>(), timer: undefined };
      this.#byId.set(id, { producerId, producerEpoch: 0, timeoutMs, state: 'idle', ...none });
      return { producerId, producerEpoch: 0 };
    }
    if (known.state === 'ending') throw kafkaError.concurrentTransactions;
    known.producerEpoch++;
    known.timeoutMs = timeoutMs;
    if (known.state === 'open') {
      void this.#end(known, 'abort');
      throw kafkaError.concurrentTransactions;
    }
    return { producerId: known.producerId, producerEpoch: known.producerEpoch };
  }

  addPartitions(id: string, producer: ProducerId, places: readonly TopicPartition[]): void {
    const transaction = this.#begin(id, producer);
    for (const place of places) {
      transaction.partitions.set(`${place.topic}/${place.partition}`, this.#partition(place));
    }
  }

  addOffsets(id: string, producer: ProducerId, group: string): void {
    this.#begin(id, producer).groups.add(group);
  }

  commitOffsets(id: string, producer: ProducerId, group: string, offsets: readonly PartitionOffset[]): void {
    const transaction = this.#of(id, producer);
    if (transaction.state !== 'open' || !transaction.groups.has(group)) throw kafkaError.invalidTransactionState;
    this.offsets.propose(producer.producerId, group, offsets);
  }

  end(id: string, producer: ProducerId, type: 'abort' | 'commit'): void {
    const transaction = this.#of(id, producer);
    if (transaction.state !== 'open') throw kafkaError.invalidTransactionState;
    void this.#end(transaction, type);
  }

  /** Whether records of this producer may be appended there. */
  check(id: string, producer: ProducerId, place: TopicPartition): void {
    const { state, partitions } = this.#of(id, producer);
    if (state !== 'open' || !partitions.has(`${place.topic}/${place.partition}`)) {
      throw kafkaError.invalidTransactionState;
    }
  }

  close(): void {
    for (const { timer } of this.#byId.values()) timer?.cancel();
  }

  #of(id: string, { producerId, producerEpoch }: ProducerId): Transaction {
    const transaction = this.#byId.get(id);
    if (transaction?.producerId !== producerId) throw kafkaError.invalidProducerMapping;
    if (transaction.producerEpoch !== producerEpoch) throw kafkaError.invalidProducerEpoch;
    if (transaction.state === 'ending') throw kafkaError.concurrentTransactions;
    return transaction;
  }

  #begin(id: string, producer: ProducerId): Transaction {
    const transaction = this.#of(id, producer);
    if (transaction.state === 'idle') {
      transaction.state = 'open';
      transaction.timer = this.#clock.schedule(transaction.timeoutMs, () => {
        transaction.producerEpoch++;
        void this.#end(transaction, 'abort');
      });
    }
    return transaction;
  }

  // The answer comes before the markers, as on a real broker.
  async #end(transaction: Transaction, type: 'abort' | 'commit'): Promise<void> {
    transaction.state = 'ending';
    transaction.timer?.cancel();
    await this.#clock.yield();
    for (const partition of transaction.partitions.values()) partition.mark(transaction, type, this.#clock.now());
    this.offsets.decide(transaction.producerId, type);
    transaction.partitions.clear();
    transaction.groups.clear();
    transaction.state = 'idle';
    this.#onEnd();
  }
}
