import { json, monotonousTimestamps, topic, type DataStream, type TopologyBuilder } from '../../../src/index.ts';

/** A counter from 0 to 99, five times a second. */
export interface Impulse {
  readonly ts: number;
  readonly counter: number;
  readonly subtask_index: number;
}

const impulses = topic('events', json<Impulse>('impulse'));

export function impulsesOf(t: TopologyBuilder): DataStream<Impulse> {
  return t.source('events', impulses, { watermarks: monotonousTimestamps(({ ts }) => ts) });
}
