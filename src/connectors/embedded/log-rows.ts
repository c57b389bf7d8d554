/**
 * The rows of the embedded log in the store. They are written in the same batch as the state rows of a commit, so they
 * say what is committed; bytes of segment files beyond them do not exist.
 *
 *   #c                            number of the last write
 *   #t<topic>                     TopicDescription
 *   #p<topic>/<partition>         PartitionRow: start, and the end in the last segment
 *   #s<topic>/<partition>/<base>  ClosedRow: a segment that gets no more records
 *   #g<topic>/<partition>/<group> next offset of a group
 *
 * Values are JSON. `#` sorts beside the other rows that are not a task's (state/row-keys.ts).
 */
import type { TopicPartition } from '../../core/log.ts';
import type { RowBatch } from '../../core/row-batch.ts';

export const logRows = { from: '#', to: '$' };
export const counterKey = '#c';

export interface PartitionRow {
  readonly start: number;
  readonly end: number;
  /** Base offset and committed bytes of the last segment. */
  readonly base: number;
  readonly bytes: number;
  /** Where the bytes of the last commit begin. */
  readonly tail: number;
  /** Wall time of the last commit, ms. */
  readonly writtenAt: number;
}

export interface ClosedRow {
  readonly bytes: number;
  /** Wall time of its last commit, ms: retention counts from here. */
  readonly writtenAt: number;
}

export function topicKey(topic: string): string {
  return `#t${topic}`;
}

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `#p${topic}/${partition}`;
}

export function closedKey({ topic, partition }: TopicPartition, base: number): string {
  return `#s${topic}/${partition}/${String(base).padStart(16, '0')}`;
}

export function offsetKey({ topic, partition }: TopicPartition, group: string): string {
  return `#g${topic}/${partition}/${group}`;
}

/** The parts of a key; topics have no slash, groups may. */
export function parseKey(key: string): { kind: string; topic: string; partition: number; rest: string } {
  const [topic = '', partition = '', ...rest] = key.slice(2).split('/');
  return { kind: key.slice(0, 2), topic, partition: Number(partition), rest: rest.join('/') };
}

export function putJson(rows: RowBatch, key: string, value: unknown): void {
  rows.put(key, (out) => out.text(JSON.stringify(value)));
}
