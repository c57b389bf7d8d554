import { ByteWriter } from '../core/byte-writer.ts';
import type { Log, SealedBatch } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';
import { StreamError } from '../core/stream-error.ts';

/** One transaction outside of any job. Every commit needs a member of a group, so this joins one of its own. */
export async function commitAlone(log: Log, group: string, outputs: readonly SealedBatch[]): Promise<void> {
  let joined!: () => void;
  let failed!: (error: Error) => void;
  const assigned = new Promise<void>((resolve, reject) => {
    joined = resolve;
    failed = reject;
  });
  assigned.catch(() => undefined); // awaited below, unless joining itself fails first
  const member = await log.join({
    group,
    sessionTimeoutMs: 30_000,
    assignor: (members) => new Map(members.map(({ memberId }) => [memberId, new Uint8Array()])),
    listener: {
      metadata: () => new Uint8Array(),
      onAssigned: async () => {
        joined();
      },
      onLost: () => {
        failed(new StreamError('FENCED', 'another process does the same', { reaction: 'retry' }));
      },
      onError: failed,
    },
  });
  try {
    await assigned;
    const transactor = await log.transactor(group, 30_000);
    try {
      await transactor.commit({ outputs, offsets: [], member: member.id, rows: new RowBatch(new ByteWriter(16)) });
    } finally {
      await transactor.close();
    }
  } finally {
    await member.leave();
  }
}
