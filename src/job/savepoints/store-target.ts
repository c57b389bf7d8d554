import { ByteWriter } from '../../core/byte-writer.ts';
import type { Commit } from '../../core/log.ts';
import { RowBatch } from '../../core/row-batch.ts';
import type { Row, Store } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import { deleteJobRows } from '../../state/delete-job-rows.ts';
import { storedOperators } from '../../state/job-rows.ts';
import { graphRow } from '../graph-guard.ts';
import type { RestoreTarget, TaskRow } from './restore-target.ts';

export interface StoreTargetOptions {
  readonly store: Store;
  readonly job: string;
  readonly force: boolean;
  readonly prepareTopics: () => Promise<unknown>;
}

/** The store of a log that keeps rows. */
export class StoreTarget implements RestoreTarget {
  readonly #options: StoreTargetOptions;

  constructor(options: StoreTargetOptions) {
    this.#options = options;
  }

  async check(): Promise<void> {
    const { store, job, force } = this.#options;
    if (force || (await storedOperators(store, job)).length === 0) return;
    throw new StreamError('SAVEPOINT_INVALID', `the store already has state of '${job}'`, {
      job,
      remedy: 'Restore into an empty data folder, or replace it: --force, or force: true.',
    });
  }

  async prepare(): Promise<void> {
    await this.#options.prepareTopics();
  }

  async clear(): Promise<void> {
    await deleteJobRows(this.#options.store, this.#options.job);
  }

  async write(rows: readonly Row[]): Promise<void> {
    await this.#options.store.write([batchOf(rows)]);
  }

  async last(cuts: readonly TaskRow[], graph: Buffer): Promise<Partial<Commit>> {
    await this.#options.store.write([batchOf([])], { sync: true });
    const rows = batchOf(cuts);
    rows.putBytes(graphRow(this.#options.job), graph);
    return { rows };
  }

  // The last commit has put cuts where a start looks for them.
  async done(): Promise<void> {}
}

function batchOf(rows: readonly Row[]): RowBatch {
  const batch = new RowBatch(new ByteWriter(64 * 1024));
  for (const { key, value } of rows) batch.putBytes(key, value);
  return batch;
}
