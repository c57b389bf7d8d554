import { kafkaError } from './kafka-error.ts';
import { FakePartition } from './fake-partition.ts';

export interface FakeTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: readonly FakePartition[];
  readonly configs: Map<string, string>;
}

/** The topics of a fake cluster. Partitions are led by the nodes in turn. */
export class FakeTopics {
  readonly byName = new Map<string, FakeTopic>();
  readonly #nodes: readonly number[];
  #created = 0;

  constructor(nodes: readonly number[]) {
    this.#nodes = nodes;
  }

  create(name: string, count: number, configs = new Map<string, string>()): void {
    if (this.byName.has(name)) throw kafkaError.topicExists;
    if (count < 1) throw kafkaError.invalidPartitions;
    const id = Buffer.alloc(16);
    id.writeInt32BE(++this.#created, 12);
    const partitions = Array.from({ length: count }, (_, i) => new FakePartition(this.#nodes[i % this.#nodes.length]!));
    this.byName.set(name, { name, id: id.toString('base64url'), partitions, configs });
  }

  delete(name: string): void {
    if (!this.byName.delete(name)) throw kafkaError.unknownTopic;
  }

  partition(topic: string, partition: number): FakePartition {
    const found = this.byName.get(topic)?.partitions[partition];
    if (found === undefined) throw kafkaError.unknownTopic;
    return found;
  }

  /** For a request to its leader. */
  led(topic: string, partition: number, node: number, epoch = -1): FakePartition {
    const found = this.partition(topic, partition);
    if (found.leader !== node) throw kafkaError.notLeader;
    if (epoch >= 0 && epoch < found.leaderEpoch) throw kafkaError.fencedLeaderEpoch;
    return found;
  }
}
