/**
 * Dead letters: what an operator could not process, as a JSON record of the job's dead letter topic. A redrive copies one
 * into the redrive topic of its sub-topology, partition = partition of the task (see letter-place.ts); the task reads it as
 * one more input and lets it enter at the operator that failed. Its position is part of the commit, so a redrive happens
 * exactly once.
 */
import { json } from '../core/codec.ts';
import type { DeadLetter, FiredTimer, OperatorHost } from '../operators/host.ts';
import type { Layout, SubTopology } from '../plan/plan.ts';

export interface DeadLetterRecord {
  /** Source topic the failing value stems from; empty for timers. */
  readonly source: string;
  readonly partition: number;
  /** Offset in the source; -1 when the value stems from a timer. */
  readonly offset: number;
  /** The timer whose function failed, of `key`; `raw` is empty then. */
  readonly timer?: FiredTimer;
  readonly job: string;
  readonly task: string;
  readonly subTopology: string;
  /** Partition of the task. */
  readonly taskPartition: number;
  /** How many tasks the sub-topology had; older letters do not say it. */
  readonly tasks?: number;
  /** Operator that failed and the input it came in by (-1: a timer): where a redrive enters. */
  readonly operator: string;
  readonly input: number;
  readonly code: string;
  readonly reason: string;
  readonly path?: string;
  readonly key?: string | number;
  /** Event time, ms. */
  readonly timestamp?: number;
  /** Wall time of the failure, ms. */
  readonly failedAt: number;
  /** Base64 of the encoded input of the operator (for sources: the record's value). Empty where there is none to keep. */
  readonly raw: string;
}

/** Where dead letters of a sub-topology re-enter. */
export function redriveTopic(job: string, subTopology: string): string {
  return `${job}-${subTopology}-redrive`;
}

/** Base64 takes a third more, and a record has less than 1 MiB. */
const MOST_RAW_BYTES = 700 * 1024;

export const deadLetterCodec = json<DeadLetterRecord>('dead-letter');

export function deadLetterRecord(
  letter: DeadLetter,
  task: OperatorHost & { readonly subTopology: SubTopology },
  layout: Layout,
): DeadLetterRecord {
  const { error, raw } = letter;
  const { cursor, subTopology } = task;
  const kept = raw.length <= MOST_RAW_BYTES;
  return {
    source: cursor.topic,
    partition: cursor.partition,
    offset: cursor.offset,
    job: task.job,
    task: task.task,
    subTopology: subTopology.id,
    taskPartition: task.partition,
    tasks: layout.tasks.get(subTopology.id)!,
    failedAt: task.clock.now(),
    operator: letter.operator,
    input: letter.input,
    code: error.code,
    reason: kept ? error.reason : `${error.reason} (its ${String(raw.length)} bytes are too many to be kept)`,
    ...(error.place.path === undefined ? {} : { path: error.place.path }),
    ...(cursor.key === '' ? {} : { key: cursor.key }),
    ...(letter.timer === undefined ? {} : { timer: letter.timer }),
    ...(Number.isNaN(cursor.timestamp) ? {} : { timestamp: cursor.timestamp }),
    raw: kept ? Buffer.from(raw).toString('base64') : '',
  };
}
