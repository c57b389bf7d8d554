/** Writes records to a log from outside of a topology: tests, redrive, feeding a topic by hand. One commit, all or nothing. */
import { ByteWriter } from '../core/byte-writer.ts';
import type { Log, SealedBatch } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';

/** `id` names the producer: a second one of the same id fences the first. */
export async function produce(log: Log, id: string, outputs: readonly SealedBatch[]): Promise<void> {
  const group = `producer-${id}`;
  const transactor = await log.transactor(group, 60_000);
  try {
    // It commits no offsets, so it speaks for no member: a negative generation, as Kafka has it.
    const member = { group, generation: -1, memberId: '' };
    await transactor.commit({ outputs, offsets: [], member, rows: new RowBatch(new ByteWriter(16)) });
  } finally {
    await transactor.close();
  }
}
