import { createHash } from 'node:crypto';

/**
 * Deterministic id of a call: the same input from the same place gives the same id on every replay, and an id is never
 * matched to other content.
 */
export function callId(parts: {
  readonly operator: string;
  readonly version: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Timer time for values that stem from a timer, else the event time. */
  readonly timestamp: number;
  readonly key: string;
  /** Which of the values made from the same record this is. */
  readonly index: number;
  readonly input: Uint8Array;
}): string {
  const hash = createHash('sha256');
  const lineage = [
    parts.operator,
    parts.version,
    parts.topic,
    parts.partition,
    parts.offset,
    parts.timestamp,
    parts.key,
    parts.index,
  ];
  hash.update(JSON.stringify(lineage));
  hash.update(parts.input);
  return hash.digest('base64url').slice(0, 27);
}
