import type { ReturningLetter } from '../../src/job/redrive.ts';
import type { DeadLetterRecord } from '../../src/runtime/dead-letters.ts';

/** Dead letters for a job that has as many tasks as it had. */
export function asThen(letters: readonly DeadLetterRecord[]): readonly ReturningLetter[] {
  return letters.map((letter) => ({ letter, partition: letter.taskPartition }));
}
