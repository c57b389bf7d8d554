import { ByteWriter } from '../core/byte-writer.ts';
import { RowBatch } from '../core/row-batch.ts';
import { prefixEnd, type Store } from '../core/store.ts';
import { metaKey, rowsOfJob, storedOperators, TIMER_NAMES } from './job-rows.ts';
import { CUT_ROWS, rowPrefix, tagOf } from './row-keys.ts';

/** Deletes everything a job keeps in a store: states, timers, expiry indexes, cut rows, and last what names them. */
export async function deleteJobRows(store: Store, job: string): Promise<void> {
  const operators = await storedOperators(store, job);
  for (const { operator, partition, states } of operators) {
    const names = Object.keys(states).flatMap((name) => [name, `#expiry/${name}`]);
    for (const name of [...names, ...TIMER_NAMES, '#garbage']) {
      const prefix = rowPrefix(tagOf(job, operator, name), partition);
      await store.deleteRange({ from: prefix, to: prefixEnd(prefix) });
    }
  }
  const rest = new RowBatch(new ByteWriter(16));
  for await (const rows of rowsOfJob(store, job)) {
    for (const { key } of rows) if (key.startsWith(CUT_ROWS)) rest.delete(key);
  }
  for (const operator of operators) rest.delete(metaKey(operator));
  await store.write([rest]);
}
