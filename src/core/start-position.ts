import { toMs, type Duration } from './duration.ts';

/**
 * Where a source begins that has no committed position. `none`: that is an error. A timestamp is in ms, a duration goes back
 * from now: records that are so old or younger. [Kafka: auto.offset.reset]
 */
export type StartPosition =
  'earliest' | 'latest' | 'none' | { readonly timestamp: number } | { readonly duration: Duration };

/** The time in ms that a position names; undefined: none. Fails with DURATION_INVALID. */
export function startTime(start: StartPosition, now: number): number | undefined {
  if (typeof start !== 'object') return undefined;
  return 'timestamp' in start ? start.timestamp : now - toMs(start.duration, 'start');
}
