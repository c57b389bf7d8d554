import type { Plan } from '../plan/plan.ts';
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
