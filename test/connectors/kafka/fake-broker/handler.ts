import type { Clock } from '../../../../src/core/clock.ts';
import type { RequestWriter } from '../../../../src/connectors/kafka/protocol/request-writer.ts';
import type { ResponseReader } from '../../../../src/connectors/kafka/protocol/response-reader.ts';
import type { ClusterView } from '../../../../src/connectors/kafka/transport/kafka-transport.ts';
import type { Arrivals } from '../../../../src/connectors/log/arrivals.ts';
import type { FakeGroups } from './fake-groups.ts';
import type { FakeTopics } from './fake-topics.ts';
import type { FakeTransactions } from './fake-transactions.ts';

export interface Asked {
  readonly node: number;
  readonly apiKey: number;
  readonly reader: ResponseReader;
}

/** Writes the answer to a request. */
export type Handler = (asked: Asked, out: RequestWriter) => void | Promise<void>;

/** What all brokers share. */
export interface FakeState {
  readonly clock: Clock;
  readonly nodes: readonly number[];
  readonly topics: FakeTopics;
  readonly groups: FakeGroups;
  readonly transactions: FakeTransactions;
  readonly arrivals: Arrivals;
  /** Brokers that are up, and the topics asked for (default: all). */
  view(names?: readonly string[]): ClusterView;
}
