import type { Log, SealedBatch } from '../core/log.ts';
import { PartitionWriters } from '../core/partition-writers.ts';
import { StreamError } from '../core/stream-error.ts';
import { deadLetterCodec, redriveTopic, type DeadLetterRecord } from '../runtime/dead-letters.ts';
import { produce } from '../connectors/produce.ts';

export interface ReturningLetter {
  readonly letter: DeadLetterRecord;
  /** Partition of the task that takes it in: see runtime/letter-place.ts. */
  readonly partition: number;
}

/**
 * Sends dead letters back to the operators they failed in. The job reads them as one more input, now or at its next start.
 * `beside`: committed with them, all or nothing. Fails with TOPIC_UNKNOWN when the job has not run on this log.
 */
export async function redrive(
  log: Log,
  letters: readonly ReturningLetter[],
  beside: readonly SealedBatch[] = [],
): Promise<void> {
  const writers = new PartitionWriters();
  for (const { letter, partition } of letters) {
    const topic = redriveTopic(letter.job, letter.subTopology);
    const [description] = await log.topics.describe([topic]);
    if (description === undefined || partition >= description.partitions) {
      throw new StreamError('TOPIC_UNKNOWN', `there is no partition ${String(partition)} of ${topic}`, {
        job: letter.job,
        operator: letter.operator,
        remedy: 'Start the job once, with the graph that the dead letters come from: it makes what is missing.',
      });
    }
    writers.of(topic, partition).append(null, deadLetterCodec, letter, letter.timestamp ?? NaN);
  }
  await produce(log, 'redrive', [...writers.seal(), ...beside]);
}
