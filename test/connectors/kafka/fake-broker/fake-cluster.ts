/**
 * A Kafka cluster in this process that speaks the protocol's bytes: what is above the transport cannot tell. Time is the
 * clock's, so tests move it. One object has the state of all brokers; which broker is asked matters where it does in
 * Kafka: leaders.
 */
import type { Clock } from '../../../../src/core/clock.ts';
import { Arrivals } from '../../../../src/connectors/log/arrivals.ts';
import { ResponseReader } from '../../../../src/connectors/kafka/protocol/response-reader.ts';
import { RequestWriter } from '../../../../src/connectors/kafka/protocol/request-writer.ts';
import type { ClusterView } from '../../../../src/connectors/kafka/transport/kafka-transport.ts';
import { FakeGroups } from './fake-groups.ts';
import { groupHandlers } from './group-handlers.ts';
import { FakeTopics } from './fake-topics.ts';
import { FakeTransactions } from './fake-transactions.ts';
import type { FakeState, Handler } from './handler.ts';
import { logHandlers } from './log-handlers.ts';
import { topicHandlers } from './topic-handlers.ts';
import { transactionHandlers } from './transaction-handlers.ts';

export class FakeCluster implements FakeState {
  readonly clock: Clock;
  readonly nodes: readonly number[];
  readonly topics: FakeTopics;
  readonly groups: FakeGroups;
  readonly transactions: FakeTransactions;
  readonly arrivals = new Arrivals();
  /** Nodes that do not answer. */
  readonly down = new Set<number>();
  /** Requests by api key, in order. */
  readonly asked: number[] = [];
  readonly #handlers: ReadonlyMap<number, Handler>;

  constructor(clock: Clock, nodes: readonly number[] = [1]) {
    this.clock = clock;
    this.nodes = nodes;
    this.topics = new FakeTopics(nodes);
    this.groups = new FakeGroups(clock);
    this.transactions = new FakeTransactions(
      clock,
      ({ topic, partition }) => this.topics.partition(topic, partition),
      () => {
        this.arrivals.announce();
      },
    );
    this.#handlers = new Map([
      ...logHandlers(this),
      ...topicHandlers(this),
      ...groupHandlers(this),
      ...transactionHandlers(this),
    ]);
  }

  /** The first node that is up. */
  get controller(): number {
    return this.nodes.find((node) => !this.down.has(node)) ?? -1;
  }

  view(names: readonly string[] = [...this.topics.byName.keys()]): ClusterView {
    const up = this.nodes.filter((node) => !this.down.has(node));
    return {
      controller: this.controller,
      brokers: up.map((node) => ({ node, host: 'fake', port: 9000 + node, rack: null })),
      topics: names.map((name) => {
        const topic = this.topics.byName.get(name);
        const partitions = topic?.partitions.map(({ leader, leaderEpoch }, partition) => ({
          partition,
          leader: this.down.has(leader) ? -1 : leader,
          leaderEpoch,
          replicas: this.nodes,
        }));
        return {
          name,
          id: topic?.id ?? 'AAAAAAAAAAAAAAAAAAAAAA',
          internal: false,
          error: topic === undefined ? 3 : 0,
          partitions: partitions ?? [],
        };
      }),
    };
  }

  /** Makes another node the leader. */
  moveLeader(topic: string, partition: number, node: number): void {
    const moved = this.topics.partition(topic, partition);
    moved.leader = node;
    moved.leaderEpoch++;
  }

  async answer(node: number, apiKey: number, body: Buffer): Promise<Buffer> {
    this.asked.push(apiKey);
    const handler = this.#handlers.get(apiKey);
    if (handler === undefined) throw new Error(`the fake broker does not know request ${apiKey}`);
    const out = new RequestWriter();
    await handler({ node, apiKey, reader: new ResponseReader(body) }, out);
    return out.finish();
  }

  close(): void {
    this.groups.close();
    this.transactions.close();
  }
}
