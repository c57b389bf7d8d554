import type { TopicPartition } from '../core/log.ts';
import type { Layout, Plan } from '../plan/plan.ts';
import { redriveTopic } from './dead-letters.ts';

export interface InternalInput {
  readonly topic: string;
  /** Who reads it. */
  readonly subTopology: string;
}

/** Topics that only the job writes and reads: exchanges, and dead letters on their way back. */
export function internalInputs({ graph, exchanges, subTopologies }: Plan): readonly InternalInput[] {
  return [
    ...exchanges.map(({ topic, to }) => ({ topic, subTopology: to })),
    ...subTopologies.map(({ id }) => ({ topic: redriveTopic(graph.job, id), subTopology: id })),
  ];
}

/** All partitions of all exchanges over the log. */
export function exchangePartitions({ exchanges }: Plan, layout: Layout): readonly TopicPartition[] {
  return exchanges.flatMap(({ topic, node }) =>
    Array.from({ length: layout.exchanges.get(node)! }, (_, partition) => ({ topic, partition })),
  );
}
