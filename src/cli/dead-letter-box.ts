/**
 * The dead letters of a job, and sending them back. A redrive is one transaction: the letters are copied into the redrive
 * topics of their sub-topologies, and a note about it is written behind them in the dead-letter topic, so that no letter
 * goes back twice.
 *
 *   <job>-dlq   letter 0 | letter 1 | letter 2 | {"redriven":[0,2]} | letter 4 | ...
 */
import { json } from '../core/codec.ts';
import { BatchWriter } from '../core/batch-writer.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { redrive, type ReturningLetter } from '../job/redrive.ts';
import type { DeadLetterRecord } from '../runtime/dead-letters.ts';
import { readTopic } from './topic-reader.ts';

export interface StoredLetter {
  /** Offset in the dead-letter topic: the number that people name it by. */
  readonly number: number;
  readonly letter: DeadLetterRecord;
  readonly redriven: boolean;
}

interface RedriveNote {
  readonly redriven: readonly number[];
  readonly at: number;
}

const noteCodec = json<RedriveNote>('redrive-note');

export function deadLetterTopic(job: string): string {
  return `${job}-dlq`;
}

/** All letters that the topic still holds, oldest first. */
export async function readLetters(log: Log, job: string): Promise<readonly StoredLetter[]> {
  const letters: { number: number; letter: DeadLetterRecord }[] = [];
  const redriven = new Set<number>();
  for await (const { offset, value } of readTopic(log, deadLetterTopic(job))) {
    const record = json<DeadLetterRecord | RedriveNote>('dead-letter').decode(value, 0, value.length);
    if ('redriven' in record) for (const number of record.redriven) redriven.add(number);
    else letters.push({ number: offset, letter: record });
  }
  return letters.map((letter) => ({ ...letter, redriven: redriven.has(letter.number) }));
}

/** Sends letters back to the operators they failed in. Fails with TOPIC_UNKNOWN when the job has not run on this log. */
export async function sendBack(
  log: Log,
  job: string,
  letters: readonly (ReturningLetter & Pick<StoredLetter, 'number'>)[],
  clock: Clock,
): Promise<void> {
  const at = clock.now();
  const notes = new BatchWriter(deadLetterTopic(job), 0);
  notes.append(null, noteCodec, { redriven: letters.map(({ number }) => number), at }, at);
  await redrive(log, letters, [notes.seal()!]);
}
