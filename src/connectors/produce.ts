/** Writes records to a log from outside of a topology: tests, redrive, feeding a topic by hand. One commit, all or nothing. */
import { ByteWriter } from '../core/byte-writer.ts';
import type { Log, SealedBatch } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';

export async function produce(log: Log, id: string, outputs: readonly SealedBatch[]): Promise<void> {
  const group = `producer-${id}`;
  const member = await log.join({
    group,
    sessionTimeoutMs: 60_000,
    assignor: (members) => new Map(members.map(({ memberId }) => [memberId, new Uint8Array()])),
    listener: {
      metadata: () => new Uint8Array(),
      onAssigned: () => Promise.resolve(),
      onLost: () => undefined, // a commit after it fails with FENCED
      onError: () => undefined, // as above
    },
  });
  try {
    const transactor = await log.transactor(group, 60_000);
    try {
      await transactor.commit({ outputs, offsets: [], member: member.id, rows: new RowBatch(new ByteWriter(16)) });
    } finally {
      await transactor.close();
    }
  } finally {
    await member.leave();
  }
}
