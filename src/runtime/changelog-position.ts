/**
 * How far a task's rows in the local store have come in its changelog: row `~position/<job>/<task>`, written with the rows.
 * It is a lower bound: applying a suffix again is harmless, since only committed rows are ever applied, in order. Local
 * state is never ahead of the log.
 */
import type { Store } from '../core/store.ts';

export interface ChangelogPosition {
  /** Identity of the topic's incarnation. */
  readonly topicId: string;
  /** The next offset to apply. */
  readonly offset: number;
  /** Every deletion that came before is in the store, or of a row that never was; wall time in ms. See copy-age.ts. */
  readonly at: number;
}

/** Kafka's own default of delete.retention.ms. */
export const usuallyKeptMs = 24 * 3_600_000;

/**
 * Positions are trusted that are not older than this, wall time in ms: deletions behind an older one may have been compacted
 * away before they are read. `deletionsKeptMs`: what the topic says.
 */
export function trustedSince(now: number, deletionsKeptMs = usuallyKeptMs): number {
  return now - deletionsKeptMs / 2;
}

export function positionKey(job: string, task: string): string {
  return `~position/${job}/${task}`;
}

export function encodePosition(position: ChangelogPosition): Buffer {
  return Buffer.from(JSON.stringify(position));
}

export function readPosition(store: Store, job: string, task: string): ChangelogPosition | undefined {
  const row = store.get(positionKey(job, task));
  return row === undefined ? undefined : (JSON.parse(row.toString()) as ChangelogPosition);
}
